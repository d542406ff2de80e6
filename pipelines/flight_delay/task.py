"""Flight delays: one hour before departure from New York, will the flight arrive more than 15 minutes late?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.flight_delay import data
from pipelines.flight_delay.schema import HORIZON, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Request", "contracts"]  # part of the contract, stated in schema.py

TITLE = "Will a flight out of New York arrive more than 15 minutes late?"
LATE_AFTER = 15  # minutes

CONTRACT_LIMIT = 0.01
ENTITY_KEYS = ["carrier", "origin", "dest", "tailnum"]
EVENT_TIMESTAMP = "event_timestamp"
LABEL = "late"
FEATURE_DOMAIN = "flights"
FEATURE_SERVICE = "flight_delay"

INPUT_GROUPS = {
    "schedule": ["minute_of_day", "weekday", "planned_minutes", "carrier", "origin", "dest"],
    "weather": ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"],
    "recent delays": [
        f"{of}_{what}"
        for of in ("origin", "carrier", "dest", "route", "aircraft")
        for what in ("late_share", "mean_delay")
    ],
    "aircraft": ["aircraft_age", "aircraft_seats"],
}
INPUTS = [column for group in INPUT_GROUPS.values() for column in group]
CATEGORIES = ["carrier", "origin", "dest"]

# Midnight in New York. September calibrates the probabilities; the final model is fitted on it as well.
TEST_FROM = "2013-10-01T04:00:00Z"
CALIBRATE_FROM = "2013-09-01T04:00:00Z"
THRESHOLDS = {"roc_auc": 0.75, "average_precision": 0.45, "brier": 0.16, "calibration_error": 0.05}
SLICES = ["carrier", "origin"]


def load(data_dir: Path | None) -> dict[str, pd.DataFrame]:
    """Return `flights`, `weather` and `planes`, with times in UTC."""
    return {
        "flights": data.flights(data.read("flights", data_dir), data.read("airports", data_dir)),
        "weather": data.weather(data.read("weather", data_dir)),
        "planes": data.read("planes", data_dir)[["tailnum", "year", "seats"]],
    }


def count(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    """Return the flights by what became of them: the cancelled and diverted have no arrival, hence no label."""
    return tables["flights"]["status"].value_counts().to_dict()


def entity_rows(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a row a flight, in order of prediction time; flights that never arrived have no label."""
    flights = tables["flights"]
    rows = flights[[*ENTITY_KEYS, "sched_dep", "sched_arr", "status"]].copy()
    rows[EVENT_TIMESTAMP] = rows["sched_dep"] - HORIZON
    rows[LABEL] = (flights["arr_delay"] > LATE_AFTER).astype(float).where(flights["status"] == "landed")
    return rows.sort_values([EVENT_TIMESTAMP, *ENTITY_KEYS], ignore_index=True)


def feature_tables(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the rows of the seven stored feature views."""
    import pandas as pd

    from pipelines.flight_delay import history

    aircraft = pd.DataFrame({"tailnum": tables["planes"]["tailnum"]})
    aircraft["event_timestamp"] = pd.Timestamp("2013-01-01", tz="UTC")
    aircraft["aircraft_age"] = 2013.0 - tables["planes"]["year"]
    aircraft["aircraft_seats"] = tables["planes"]["seats"].astype(float)
    weather = tables["weather"].rename(columns={"hour": "event_timestamp"})
    delays = {view: history.delays(tables["flights"], view, LATE_AFTER) for view in history.WINDOWS}
    return {"weather": weather, "aircraft": aircraft} | delays


def train(rows: pd.DataFrame, inputs: list[str], seed: int, workers: int, tune: int):
    """Return a LightGBM classifier with calibrated probabilities."""
    from models.gbdt import train_classifier

    return train_classifier(
        rows[[*inputs, LABEL]],
        label=LABEL,
        categories=[column for column in CATEGORIES if column in inputs],
        calibrate=(rows[EVENT_TIMESTAMP] >= CALIBRATE_FROM).to_numpy(),
        params={
            "learning_rate": 0.05,
            "num_leaves": 63,
            "min_data_in_leaf": 200,
            "feature_fraction": 0.7,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
        },
        rounds=150,
        seed=seed,
        workers=workers,
        tune=tune,
    )


def examples(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of the training set as a client would send them."""
    import pandas as pd

    requests = rows[[*ENTITY_KEYS, "sched_dep", "sched_arr"]].astype(object)
    requests = requests.where(rows[requests.columns].notna(), None)
    for column in ("sched_dep", "sched_arr"):
        requests[column] = [pd.Timestamp(value).isoformat() for value in rows[column]]
    return requests.to_dict("records")
