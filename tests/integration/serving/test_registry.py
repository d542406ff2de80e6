"""The registry: the files of a version are downloaded once; the newest versions of all models come in one answer."""

import tempfile
from pathlib import Path

import pytest

from capstan.errors import CapstanError
from capstan.settings import settings
from capstan.versions import model_version, registry, runs, version_cache, version_seal


@pytest.fixture
def registered(mlflow, monkeypatch, tmp_path):
    """MLflow for this process, whose temporary folder is `tmp_path`."""
    monkeypatch.setenv("CAPSTAN_TRACKING_URI", mlflow.url)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.cache_clear()
    yield mlflow
    monkeypatch.undo()
    settings.cache_clear()


def test_version_is_downloaded_once_and_not_when_the_registry_lost_it(server, registered, tmp_path):
    number = registered.register("plain", 3.0)
    registered.roles("plain", champion="1", candidate=number)
    try:
        assert server.load("plain").json()["variants"]["candidate"] == number
        (folder,) = (version_cache.root() / "plain").glob(f"{number}-*")
        downloaded = (folder / "MLmodel").stat().st_ctime_ns
        for _ in range(2):
            model = registry.load_version("plain", number).model
            assert 0.95 < model.predict_columns({"x": [1.0], "y": [2.0]})["probability"][0] < 0.96
        assert (folder / "MLmodel").stat().st_ctime_ns == downloaded
        assert list(tmp_path.iterdir()) == []
    finally:
        registered.roles("plain", champion="1")
        server.load("plain")
    registry.call("DELETE", "model-versions/delete", name="plain", version=number)
    assert folder.exists()
    with pytest.raises(CapstanError, match=f"Version {number} of 'plain' cannot be downloaded: the registry does not"):
        registry.load_version("plain", number)


@pytest.fixture
def candidate(server, registered):
    """Return a function that makes a version the candidate, and returns what the server serves and why not more."""

    def serve(number: str) -> tuple[str | None, str]:
        registered.roles("plain", champion="1", candidate=number)
        answer = server.load("plain").json()
        return answer["variants"].get("candidate"), answer["unloadable"].get("candidate", "")

    yield serve
    registered.roles("plain", champion="1")
    server.load("plain")


def change(file: Path) -> None:
    """Change one byte, deep in a pickle: it can still be read."""
    content = bytearray(file.read_bytes())
    content[-20] ^= 1
    file.write_bytes(content)


def test_model_that_was_changed_in_the_store_is_not_served(candidate, registered):
    number = registered.register("plain", 3.0)
    (stored,) = registered.log.parent.glob(f"files/**/{registry.version('plain', number).model_id}/**/model.pkl")
    change(stored)
    served, reason = candidate(number)
    assert served is None and f"Version {number} of 'plain' cannot be loaded: model.pkl is not as saved" in reason
    version_seal.write(stored.parent)  # an attacker who can write there can write the sums, too
    assert "SHA256SUMS is not the file that was registered" in candidate(number)[1]
    with pytest.raises(CapstanError, match="is not the file that was registered"):
        registry.load_version("plain", number)


def test_model_that_was_damaged_after_its_download_is_downloaded_again(candidate, registered):
    number = registered.register("plain", 3.0)
    assert registry.load_version("plain", number)
    (folder,) = (version_cache.root() / "plain").glob(f"{number}-*")
    change(folder / model_version.DATA / "model.pkl")
    assert candidate(number) == (number, "")
    model = registry.load_version("plain", number).model
    assert model.predict_columns({"x": [1.0], "y": [2.0]})["probability"][0] > 0.95
    assert len(list((version_cache.root() / "plain").glob(f"*{number}-*"))) == 1


def test_newest_version_of_each_model_with_its_metrics(server, registered):
    import mlflow

    numbers = [registered.register("plain", 4.0) for _ in range(2)]
    newest = registry.newest_versions()
    assert newest["plain"] == registry.version("plain", numbers[-1]) and newest["tiny"].version == "1"
    with mlflow.start_run(run_id=newest["plain"].run_id):
        mlflow.log_metrics({"score": 0.5, "loss": 2.0})
    ids = {version.run_id for version in newest.values()}
    assert runs.metrics_of_runs(ids) == {run: runs.run_metrics(run) for run in ids}
    assert runs.metrics_of_runs(ids)[newest["plain"].run_id] == {"score": 0.5, "loss": 2.0}
    assert runs.metrics_of_runs([]) == {}
    registry.call("DELETE", "model-versions/delete", name="plain", version=numbers[-1])
    assert registry.newest_versions()["plain"].version == numbers[0]
