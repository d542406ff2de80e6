"""Some of the tweets, and a model that learned from them: a tweet takes 0.01 s of a core."""

import pandas as pd
import pytest

from capstan.inputs import weights_files
from pipelines.moderation import data, task
from pipelines.moderation.tests import small
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def weights() -> dict:
    return weights_files.fetch_all(task.WEIGHTS)


@pytest.fixture(scope="session")
def tables(tmp_path_factory) -> dict:
    """A thirtieth of the tweets."""
    path = tmp_path_factory.mktemp("moderation") / "tweets.parquet"
    small.fewer(pd.read_parquet(data.find(DATA_DIR)), 30).to_parquet(path)
    return {"tweets": data.tweets(path)}


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def served(parts, weights):
    return task.train(parts[0], weights)
