"""Some of the snippets, and a model that learned from them: a snippet takes 0.015 s of a core."""

import pandas as pd
import pytest

from capstan.inputs import weights_files
from pipelines.sentiment import data, task
from pipelines.sentiment.tests import small
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def weights() -> dict:
    return weights_files.fetch_all(task.WEIGHTS)


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> dict:
    """A fortieth of the snippets."""
    path = tmp_path_factory.mktemp("sentiment") / data.FILE
    small.fewer(pd.read_parquet(data.find(DATA_DIR)), 40).to_parquet(path)
    return {"snippets": data.snippets(path)}


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def served(parts, weights):
    return task.train(parts[0], weights)
