"""Some rows of each table, and a model that learned from them."""

import pytest

from capstan.inputs import weights_files
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
def weights() -> dict:
    return weights_files.fetch_all(task.WEIGHTS)


@pytest.fixture(scope="session")
def served(parts, weights):
    """What learned from every second sentence and abstract."""
    fewer = {name: rows.iloc[::2].reset_index(drop=True) for name, rows in parts[0].items() if name != "messages"}
    return task.train(parts[0] | fewer, weights)
