"""All customers, and segments of theirs."""

from pathlib import Path

import pytest

from capstan.data.files import read_tables, write_tables
from components.build_features.core import build_features
from data_sets import online_retail as invoices
from pipelines.segmentation import task
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def lines() -> Path:
    return invoices.find(DATA_DIR)


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="session")
def features(tables, tmp_path_factory) -> dict:
    """The training set, with features that came through Feast."""
    folder = tmp_path_factory.mktemp("features")
    write_tables(tables, folder / "in")
    build_features("segmentation", *(str(folder / name) for name in ("in", "features", "training_set", "counts")))
    return read_tables(folder / "training_set")


@pytest.fixture(scope="session")
def parts(features) -> tuple[dict, dict]:
    return task.split(features)


@pytest.fixture(scope="session")
def model(parts):
    return task.train(parts[0])
