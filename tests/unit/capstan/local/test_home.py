"""A state folder of another version is refused with what to do, and stays as it is."""

import os
from pathlib import Path

import pytest

from capstan.errors import CapstanError
from capstan.local import home as state


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_new_home_is_stamped_and_found_again(home):
    assert state.prepare() == home
    assert (home / state.STAMP).read_text().strip() == state.FORMAT
    (home / "mlflow").mkdir()
    assert state.prepare() == home


def test_a_new_home_is_of_its_owner_alone(home):
    before = os.umask(0o022)
    try:
        assert state.prepare().stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_home_of_the_version_before_is_refused_and_not_touched(home):
    """As version 0.1.0 left it: an MLflow database, Feast's registry, no stamp."""
    for name in ("mlflow/mlflow.db", "feast/registry.db", "feast/flights.materialized", "run/mlflow.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"as it was")
    before = snapshot(home)
    with pytest.raises(CapstanError, match="earlier version") as error:
        state.prepare()
    for advice in ("capstan down", f"mv {home} {home}.old", "CAPSTAN_HOME", "capstan run"):
        assert advice in str(error.value)
    assert snapshot(home) == before


def test_home_of_a_later_version_is_refused(home):
    home.mkdir()
    (home / state.STAMP).write_text("99\n")
    with pytest.raises(CapstanError, match="another version"):
        state.prepare()


def test_stack_and_runs_refuse_an_older_home(home):
    from capstan.local import stack
    from capstan.runner import local

    (home / "mlflow").mkdir(parents=True)
    with pytest.raises(CapstanError, match="earlier version"):
        list(stack.up())
    with pytest.raises(CapstanError, match="earlier version"):
        local.run("flight_delay", {})
    assert list(home.iterdir()) == [home / "mlflow"]
