"""Settings that cannot be used."""

import ast

import pytest

from capstan.errors import CapstanError
from capstan.settings import ROOT, Settings
from capstan.unread_settings import GONE, unread


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


def test_images_that_are_no_json_are_an_error(home, monkeypatch):
    from capstan.settings import settings

    monkeypatch.setenv("CAPSTAN_IMAGES", "capstan:1")
    settings.cache_clear()
    with pytest.raises(CapstanError, match=r"CAPSTAN_IMAGES: .*it is no JSON"):
        settings()
    settings.cache_clear()


def test_settings_import_nothing_of_ours_but_the_errors():
    """Everything reads the settings, so they may not need anything."""
    tree = ast.parse((ROOT / "capstan" / "settings.py").read_text())
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names = froms | {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    ours = {folder.name for folder in ROOT.iterdir() if folder.is_dir()}
    assert {name for name in names if name.partition(".")[0] in ours} == {"capstan.errors"}


@pytest.mark.parametrize("name", GONE)
def test_variable_of_an_earlier_version_gets_a_warning_with_what_to_do(name):
    assert name.lower() not in Settings.model_fields
    [warning] = unread([f"CAPSTAN_{name}", "PATH", "CAPSTAN_HOME"])
    assert warning.startswith(f"CAPSTAN_{name} is not a setting any more") and warning.endswith(GONE[name])


def test_misspelt_variable_gets_the_nearest_and_a_strange_one_nothing():
    [warning] = unread(["CAPSTAN_ENPOINT_PORT", "CAPSTAN_CI_CLUSTER"])
    assert warning == "CAPSTAN_ENPOINT_PORT is not a setting. Did you mean 'CAPSTAN_ENDPOINT_PORT'?"
