"""The messages, and a model that learned from some of them: training on all takes 13 s of processor time."""

import pytest

from pipelines.spam import task
from tests.support.data import DATA_DIR

FEWER = 1_500


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def served(parts):
    return task.train({"messages": parts[0]["messages"].head(FEWER)})


@pytest.fixture(scope="session")
def held(parts) -> list[str]:
    return parts[1]["messages"]["text"].head(300).tolist()
