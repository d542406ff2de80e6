"""The ratings of 100 people, and a model fitted on their histories."""

import pytest

from capstan.data.files import read_tables, write_tables
from components.build_features.core import build_features
from models.recommendation.histories import histories
from pipelines.recommender import task
from pipelines.recommender.catalogue import catalogue

PEOPLE = 100


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(None)


@pytest.fixture(scope="session")
def some(tables) -> dict:
    """The first people, and all films."""
    ratings = tables["ratings"]
    return tables | {"ratings": ratings[ratings["user_id"] <= PEOPLE].reset_index(drop=True)}


@pytest.fixture(scope="session")
def films(tables):
    return catalogue(tables["films"])


@pytest.fixture(scope="session")
def past(some, films):
    """The histories of the first people, whole."""
    groups = some["ratings"].groupby("user_id")
    return histories(
        [g.to_numpy() for _, g in groups["film"]], [g.to_numpy() for _, g in groups["stars"]], films.numbers
    )


@pytest.fixture(scope="session")
def parts(some, tmp_path_factory) -> tuple[dict, dict]:
    """What `split` returns, for features that came through Feast."""
    folder = tmp_path_factory.mktemp("features")
    write_tables(some, folder / "in")
    build_features("recommender", *(str(folder / name) for name in ("in", "features", "training_set", "counts")))
    return task.split(read_tables(folder / "training_set"))


@pytest.fixture(scope="session")
def model(parts):
    return task.train(parts[0])
