"""The log, its parts, and the bidder that learned from all that was known before: that takes seconds."""

import pytest

from models.auctions import replay
from pipelines.bidding import protocol, task
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="session")
def parts(tables) -> tuple[dict, dict]:
    return task.split(tables)


@pytest.fixture(scope="session")
def served(parts):
    return task.train(parts[0])


@pytest.fixture(scope="session")
def whole(tables) -> replay.Episodes:
    return protocol.episodes(tables["auctions"])
