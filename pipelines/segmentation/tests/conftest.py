"""All customers, and segments of theirs."""

from pathlib import Path

import pytest

from pipelines.segmentation import invoices, task
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def lines() -> Path:
    return invoices.find(DATA_DIR)


@pytest.fixture(scope="session")
def parts() -> tuple[dict, dict]:
    return task.split(task.load(DATA_DIR))


@pytest.fixture(scope="session")
def model(parts):
    return task.train(parts[0], methods="k-means")
