"""A tenth of the real flights, as the steps pass them on."""

import os

import numpy as np
import pandas as pd
import pytest

from capstan.files import read_tables, write_tables
from components.validate.core import validate
from pipelines.flight_delay import task

# As in a run: on a machine with other work, threads that spin for each other take many times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """What the flagship loads, with every tenth flight."""
    loaded = task.load(None)
    return loaded | {"flights": loaded["flights"].iloc[::10].reset_index(drop=True)}


@pytest.fixture
def check(tmp_path):
    """Hold tables against the contract of the flagship; return what is kept, what is set aside and the counts."""

    def run(tables: dict[str, pd.DataFrame]) -> tuple[dict, dict, dict]:
        write_tables(tables, tmp_path / "tables")
        paths = [str(tmp_path / name) for name in ("tables", "clean", "quarantine", "counts.json")]
        counts = validate("flight_delay", *paths)
        return read_tables(paths[1]), read_tables(paths[2]), counts

    run.quarantine = tmp_path / "quarantine"
    return run


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """20,000 rows of a training set in order of time; what is late follows from some columns, and from chance.

    Real flights have their own tests; this has a known truth, in `probability`.
    """
    chance = np.random.default_rng(0)
    count = 20_000
    frame = pd.DataFrame({column: chance.normal(size=count) for column in task.INPUTS})
    for column, values in {"carrier": ["AA", "B6", "UA"], "origin": ["EWR", "JFK"], "dest": ["BOS", "LAX"]}.items():
        frame[column] = chance.choice(values, count)
    frame["wind_gust"] = frame["wind_gust"].where(chance.random(count) < 0.5)
    log_odds = 1.5 * frame["origin_late_share"] + frame["temp"] - 1.0 + (frame["carrier"] == "UA") * 1.0
    frame["probability"] = 1 / (1 + np.exp(-log_odds))
    frame["late"] = (chance.random(count) < frame["probability"]).astype(float)
    # Two thirds of the year teach, September calibrates, the last months test.
    frame["event_timestamp"] = pd.date_range("2013-01-01", "2013-12-31", periods=count, tz="UTC", unit="us")
    return frame
