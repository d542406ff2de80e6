"""Settings that cannot be used."""

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
