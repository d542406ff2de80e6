"""The engines, and a quick model that learned from FD001 alone."""

import pytest

from pipelines.maintenance import data, task
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def one(parts) -> tuple[dict, dict]:
    """The engines of FD001 to learn from, and to test on."""
    past, test = ({"cycles": part["cycles"].query("subset == 'FD001'")} for part in parts)
    return past, test


@pytest.fixture(scope="session")
def quick(one):
    """What is true of every model: fewer rounds on one data set."""
    return task.train(one[0], rounds=60)


@pytest.fixture(scope="session")
def held(one) -> list[data.Engine]:
    return data.engines(one[1]["cycles"])
