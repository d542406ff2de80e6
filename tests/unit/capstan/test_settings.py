"""Settings that cannot be used."""

import json

import pytest

from capstan.errors import CapstanError


def test_a_pod_without_its_configmap_or_one_of_its_secrets_says_so(tmp_path, monkeypatch):
    """They are mounted as optional: a pod that waits for one would wait for ever."""
    from capstan import settings as module

    configmap, registry, bucket = (tmp_path / name for name in ("settings", "secrets/registry", "secrets/bucket"))
    monkeypatch.setattr(module, "MOUNTED_SETTINGS", configmap)
    monkeypatch.setattr(module, "MOUNTED_SECRETS", tmp_path / "secrets")
    for folder, missing, name, value in (
        (configmap, "ConfigMap `capstan`", "CAPSTAN_PROFILE", "cluster\n"),
        (registry, "Secret `registry`", "CAPSTAN_TOKEN", "abc\n"),
        (bucket, "Secret `bucket`", "CAPSTAN_S3_ACCESS_KEY", "key"),
    ):
        (folder / "..2026_11_25").mkdir(parents=True)  # what Kubernetes mounts for one that is missing
        (folder / "..data").symlink_to("..2026_11_25")
        module.settings.cache_clear()
        with pytest.raises(CapstanError, match=missing):
            module.settings()
        (folder / name).write_text(value)
    module.settings.cache_clear()
    read = module.settings()
    assert (read.profile, read.token, read.s3_access_key) == ("cluster", "abc", "key")
    module.settings.cache_clear()


def test_data_folder_that_is_not_there_is_an_error_and_not_passed_over(tmp_path, monkeypatch):
    from capstan.settings import settings

    monkeypatch.setenv("CAPSTAN_DATA_DIR", str(tmp_path / "nowhere"))
    settings.cache_clear()
    with pytest.raises(
        CapstanError, match=r"CAPSTAN_DATA_DIR: .*there is no folder .*/nowhere; correct it, or unset it"
    ):
        settings()
    settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TOLERATIONS", "team=a", r"TOLERATIONS: .*it is no JSON"),
        ("TOLERATIONS", '{"key": "team"}', r"TOLERATIONS: Input should be a valid list"),
        ("TOLERATIONS", '[{"key": "team"}, {"kye": "gpu"}]', r"TOLERATIONS\[1\]\[kye\]: Extra inputs"),
        ("TOLERATIONS", '[{"key": "team", "effect": "Never"}]', r"TOLERATIONS\[0\]\[effect\]: .*'NoSchedule'"),
        ("TOLERATIONS", '[{"effect": "NoSchedule"}]', r"TOLERATIONS\[0\]: .*needs a key, or the operator Exists"),
        ("TOLERATIONS", '[{"key": "a", "operator": "Exists", "value": "b"}]', r"\[0\]: .*Exists it has no value"),
        ("TOLERATIONS", '[{"key": "a", "tolerationSeconds": 3}]', r"\[0\]: .*needs the effect NoExecute"),
        ("NODE_SELECTOR", '{"gpu": true}', r"NODE_SELECTOR\[gpu\]: Input should be a valid string"),
        ("NODE_SELECTOR", '{"a pool": "x"}', r"NODE_SELECTOR\[a pool\]: .*is no name that Kubernetes takes"),
        ("GPU_NODE_SELECTOR", '{"pool": "team a"}', r"GPU_NODE_SELECTOR\[pool\]: .*is no name that Kubernetes takes"),
        ("GPU", "one gpu", r"GPU: .*such as nvidia.com/gpu"),
        ("QUEUE", "Team_A", r"QUEUE: .*such as team-a"),
        ("QUEUE_PRIORITY", "nightly", r"QUEUE_PRIORITY: .*set CAPSTAN_QUEUE, too"),
        ("PRIORITY_CLASS", "very high", r"PRIORITY_CLASS: .*is no name"),
        ("RAY_MIN_WORKERS", "-1", r"RAY_MIN_WORKERS: .*greater than or equal to 0"),
        ("IMAGES", "capstan:1", r"IMAGES: .*it is no JSON"),
    ],
)
def test_value_that_kubernetes_would_refuse_is_an_error_that_names_its_place(home, monkeypatch, name, value, said):
    from capstan.settings import settings

    monkeypatch.setenv(f"CAPSTAN_{name}", value)
    settings.cache_clear()
    with pytest.raises(CapstanError, match=rf"CAPSTAN_{said}" if said[0] != "\\" else rf"CAPSTAN_{name}{said}"):
        settings()
    settings.cache_clear()


@pytest.mark.parametrize(
    "tolerations",
    [
        '[{"key": "team", "value": "a", "effect": "NoSchedule"}]',
        '[{"operator": "Exists"}]',
        '[{"key": "example.com/spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}]',
    ],
)
def test_tolerations_reach_a_pod_as_they_are_written(home, monkeypatch, tolerations):
    from capstan.settings import settings

    monkeypatch.setenv("CAPSTAN_TOLERATIONS", tolerations)
    settings.cache_clear()
    assert [item.spec() for item in settings().tolerations] == json.loads(tolerations)
