"""Signals of real flights, whose days differ as days do, and a prediction that is made of the delay at departure."""

import numpy as np
import pandas as pd
import pytest

from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from monitoring.checks import daily_counts
from pipelines.flight_delay import data

COLUMNS = ["carrier", "origin", "distance", "air_time", "dep_delay"]
OUTCOME = Outcome("binary", target="late", prediction="probability")


@pytest.fixture(scope="session")
def flights() -> pd.DataFrame:
    """Every third flight of 26 weeks, the days dealt again, each weekday among its like: nothing changes over them."""
    raw = data.read("flights").iloc[::3]
    raw = raw[raw["arr_delay"].notna()]
    day = (pd.to_datetime(raw[["year", "month", "day"]]) - pd.Timestamp("2013-01-01")).dt.days.to_numpy()
    raw, day = raw[day < 182], day[day < 182]
    chance = np.random.default_rng(0)
    dealt = np.stack([chance.permutation(line) for line in np.arange(182).reshape(-1, 7).T], axis=1).ravel()
    frame = raw[COLUMNS].astype({"distance": float, "air_time": float, "dep_delay": float}).copy()
    frame["probability"] = 1 / (1 + np.exp(-(raw["dep_delay"] - 15) / 10))
    frame["late"] = (raw["arr_delay"] > 15).astype(int)
    time = pd.Timestamp("2013-01-01", tz="UTC") + pd.to_timedelta(np.argsort(dealt)[day] * 24 + raw["hour"], unit="h")
    return frame.assign(event_timestamp=time.astype("datetime64[us, UTC]")).sort_values("event_timestamp")


@pytest.fixture(scope="session")
def before(flights) -> pd.DataFrame:
    """The first 18 weeks."""
    return flights[flights["event_timestamp"] < "2013-05-07"]


@pytest.fixture(scope="session")
def after(flights) -> pd.DataFrame:
    """The eight weeks after them."""
    return flights[flights["event_timestamp"] >= "2013-05-07"]


@pytest.fixture(scope="session")
def reference(before) -> daily_counts.DailyCounts:
    """The counts of the first 18 weeks."""
    return daily_counts.reference(before, Checks(), OUTCOME)
