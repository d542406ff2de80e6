"""The real flights of 2013, read once."""

import pandas as pd
import pytest

from capstan.data.files import read_tables, write_tables
from components.build_features.core import build_features
from pipelines.flight_delay import data, task

FROM, TO = pd.Timestamp("2013-06-08T04:00Z"), pd.Timestamp("2013-06-18T04:00Z")
KEYS = ["carrier", "origin", "dest", "tailnum"]
ROW = [*KEYS, "sched_dep", "sched_arr"]


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    """The flights as they come."""
    return data.read("flights")


@pytest.fixture(scope="session")
def zones() -> dict[str, str]:
    """The time zone of each airport."""
    return data.read("airports").set_index("faa")["tzone"].to_dict() | data.UNLISTED


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    """What the flagship loads."""
    return task.load(None)


@pytest.fixture(scope="session")
def days(tables) -> dict[str, pd.DataFrame]:
    """Ten days of June."""
    flights, weather = tables["flights"], tables["weather"]
    return {
        "flights": flights[flights["sched_dep"].between(FROM, TO)].reset_index(drop=True),
        "weather": weather[weather["hour"].between(FROM, TO)].reset_index(drop=True),
        "planes": tables["planes"],
    }


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Return the training set of tables, made by the step itself; one row per flight."""

    def run(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
        folder = tmp_path_factory.mktemp("build")
        write_tables(tables, folder / "tables")
        paths = [str(folder / name) for name in ("tables", "features", "training_set", "counts.json")]
        build_features("flight_delay", *paths)
        rows = read_tables(folder / "training_set")["training_set"]
        return rows.sort_values([*ROW, "late"], ignore_index=True)

    return run


@pytest.fixture(scope="session")
def usual(days, build) -> pd.DataFrame:
    """The training set of the ten days as they were."""
    return build(days)
