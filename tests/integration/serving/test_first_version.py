"""The first version of a capstone that fails: its own error is shown, whole, and the roll-out is as before."""

import pytest

from capstan.errors import CapstanError
from capstan.rollout import deployment, store
from capstan.settings import settings

CAUSE = "The endpoint answered 500: row 0, low: nan is no finite number"


@pytest.fixture
def first(server, mlflow, monkeypatch):
    """A version of `plain`, which no role has."""
    for name, value in (("ENDPOINT_URL", server.url), ("TRACKING_URI", mlflow.url)):
        monkeypatch.setenv(f"CAPSTAN_{name}", value)
    settings.cache_clear()
    mlflow.roles("plain")
    yield "1"
    monkeypatch.undo()
    settings.cache_clear()
    mlflow.roles("plain", champion="1")
    assert server.load("plain").status_code == 200


def fails(role: str) -> None:
    raise CapstanError(CAUSE)


def bug(role: str) -> None:
    raise ZeroDivisionError("a bug")


def test_the_error_of_the_first_version_is_shown(first, server):
    with pytest.raises(CapstanError) as error:
        deployment.deploy("plain", first, fails)
    assert str(error.value) == CAUSE
    assert not store.read("plain").versions()
    assert server.predict({"x": 0}, name="plain").status_code == 404
    with pytest.raises(ZeroDivisionError, match=r"^a bug$"):
        deployment.deploy("plain", first, bug)


def test_an_undo_that_fails_is_a_second_line(first, monkeypatch):
    def away(role: str) -> None:
        monkeypatch.setenv("CAPSTAN_TRACKING_URI", "http://127.0.0.1:9")  # nobody answers there
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        settings.cache_clear()
        fails(role)

    with pytest.raises(CapstanError) as error:
        deployment.deploy("plain", first, away)
    lines = str(error.value).splitlines()
    assert lines[0] == CAUSE and lines[1].startswith("Undoing it failed as well: ")
