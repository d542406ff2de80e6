"""Settings that cannot be used."""

import pytest

from capstan.errors import CapstanError


def test_a_pod_without_its_configmap_or_its_secret_says_so(tmp_path, monkeypatch):
    """They are mounted as optional: a pod that waits for one would wait for ever."""
    from capstan import settings as module

    mounted = [tmp_path / "settings", tmp_path / "secrets"]
    for folder in mounted:
        folder.mkdir()
    monkeypatch.setattr(module, "MOUNTED", mounted)
    for missing, name, value in (
        ("ConfigMap `capstan`", "CAPSTAN_PROFILE", "cluster\n"),
        ("Secret `capstan-secrets`", "CAPSTAN_TOKEN", "abc\n"),
    ):
        module.settings.cache_clear()
        with pytest.raises(CapstanError, match=missing):
            module.settings()
        (mounted[name == "CAPSTAN_TOKEN"] / name).write_text(value)
    module.settings.cache_clear()
    assert (module.settings().profile, module.settings().token) == ("cluster", "abc")
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
