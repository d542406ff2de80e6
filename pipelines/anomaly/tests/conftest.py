"""All series, those that are short, and the model of these."""

import pandas as pd
import pytest

from capstan.contract.capstone import TRAINING_SET
from pipelines.anomaly import task
from pipelines.anomaly.columns import STREAM
from pipelines.anomaly.tests.small import LONGEST
from tests.support.data import DATA_DIR


@pytest.fixture(scope="session")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="session")
def some(tables) -> dict:
    """The short series, with what the feature store would know of each."""
    points, windows = tables["points"], tables["windows"]
    points = points[points.groupby(STREAM)[STREAM].transform("size") <= LONGEST].reset_index(drop=True)
    part = {"points": points, "windows": windows[windows[STREAM].isin(points[STREAM].unique())]}
    return part | {TRAINING_SET: task.feature_tables(part)["stream_state"]}


@pytest.fixture(scope="session")
def parts(some) -> tuple[dict, dict]:
    return task.split(some)


@pytest.fixture(scope="session")
def model(parts):
    return task.train(parts[0])


@pytest.fixture(scope="session")
def taxi(tables) -> pd.DataFrame:
    """The taxis of New York, half an hour at a time."""
    points = tables["points"]
    return points[points[STREAM] == "realKnownCause/nyc_taxi"].reset_index(drop=True)
