"""The messages, and a model that learned from some of them: training on all takes half a minute."""

import pytest

from capstan.inputs import weights_files
from pipelines.spam import task
from tests.support.data import DATA_DIR

FEWER = 700


@pytest.fixture(scope="session")
def weights() -> dict:
    return weights_files.fetch_all(task.WEIGHTS)


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def served(parts, weights):
    return task.train({"messages": parts[0]["messages"].head(FEWER)}, weights)


@pytest.fixture(scope="session")
def held(parts) -> list[str]:
    return parts[1]["messages"]["text"].head(150).tolist()
