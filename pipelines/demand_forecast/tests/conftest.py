"""The year of half-hours, its windows, the days with their features, and a model that takes a second to fit."""

import pandas as pd
import pytest

from models.forecasting.windows import Windows
from pipelines.demand_forecast import task
from pipelines.demand_forecast.cuts import cut
from pipelines.demand_forecast.studies import splits
from tests.support import controls


@pytest.fixture(scope="session")
def half_hours() -> pd.DataFrame:
    return task.load(None)["half_hours"]


@pytest.fixture(scope="session")
def past(half_hours) -> Windows:
    return splits.parts(cut(half_hours), splits.MAIN)[0]


@pytest.fixture(scope="session")
def test_days(half_hours) -> Windows:
    return splits.parts(cut(half_hours), splits.MAIN)[1]


@pytest.fixture(scope="session")
def parts() -> tuple[dict, dict]:
    """The days to train and to test on, with their weeks from Feast."""
    return controls.parts("demand_forecast")


@pytest.fixture(scope="session")
def model(parts):
    return task.train(parts[0], forecaster="seasonal_naive")
