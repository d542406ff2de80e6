"""The year of half-hours, its windows, and a model that takes a second to fit."""

import pandas as pd
import pytest

from pipelines.demand_forecast import task
from pipelines.demand_forecast.windows import Windows, cut


@pytest.fixture(scope="session")
def half_hours() -> pd.DataFrame:
    return task.load(None)["half_hours"]


@pytest.fixture(scope="session")
def parts(half_hours) -> tuple[dict, dict]:
    return task.split({"half_hours": half_hours})


@pytest.fixture(scope="session")
def past(parts) -> Windows:
    return cut(parts[0]["half_hours"])


@pytest.fixture(scope="session")
def test_days(parts) -> Windows:
    return cut(parts[1]["half_hours"])


@pytest.fixture(scope="session")
def model(parts):
    return task.train(parts[0], forecaster="seasonal_naive")
