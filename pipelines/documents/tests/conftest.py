"""Some rows of each table, and a model that learned from them."""

import pytest

from pipelines.documents import task
from pipelines.documents.tests import small


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> dict:
    """What the small run reads."""
    folder = tmp_path_factory.mktemp("documents")
    small.write(folder)
    return task.load(folder)


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def served(parts):
    return task.train(parts[0])
