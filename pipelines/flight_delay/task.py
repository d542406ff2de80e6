"""Flight delays: one hour before departure from New York, will the flight arrive more than 15 minutes late?

`capstan/contract/capstone.py` explains each name that Capstan reads, such as OUTCOME, and each function that it calls.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT, Outcome
from capstan.contract.circle import Circle
from capstan.contract.feature_window import FeatureWindow
from capstan.data.batches import Batches, select
from capstan.data.times import instant
from pipelines.flight_delay import data
from pipelines.flight_delay.columns import (
    CALIBRATE_FROM,
    CATEGORIES,
    DEPARTURES,
    ENTITY_KEYS,
    HORIZON,
    INPUTS,
    LABEL,
    LATE_AFTER,
    NEXT_WITHIN,
    ONLINE_AS_OF,
    TEST_FROM,
    WINDOWS,
)
from pipelines.flight_delay.schema import Prediction, Request, contracts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from models.trees.booster import CalibratedBooster

__all__ = [
    "ENTITY_KEYS",
    "Prediction",
    "Request",
    "contracts",
]  # parts of the contract from other modules

TITLE = "Will a flight out of New York arrive more than 15 minutes late?"
CONTRACT_LIMIT = 0.01  # of the rows may break the contract; with more the run fails
FEATURE_SERVICE = "flight_delay"  # in features.py: the columns that training and the endpoint get
# A flight lands at most three days after its scheduled departure, as its contract says, and counts for a week from then
# on. An hour before it departs it is predicted, and it is the next flight of its aircraft for a day before that.
FEATURE_WINDOW = FeatureWindow({"flights": "sched_dep", "weather": "hour"}, back=timedelta(days=10), ahead=NEXT_WITHIN)
STREAMED = True  # `split` and `train` also take a training set that is larger than memory
# What monitoring compares: the columns of `signals` with the label and the prediction.
OUTCOME = Outcome("binary", target=LABEL, prediction="probability")
Actual = bool  # late or not, known when the flight has landed
ACTUAL_DELAY = timedelta(days=2)  # the flight, and a delay of more than a day
# When a new model is trained. Seasons change what the model sees before they change what it is worth.
CIRCLE = Circle(alarms=("drift", "nulls", "new categories", "performance", "calibration"))

# What the gate asks of a model. Bounds that a good model holds in any season: average precision falls with the share of
# late flights, which is 13 % in September and 32 % in July. Which of two models is better, the comparison with baseline
# and champion says.
THRESHOLDS = {
    "roc_auc": at_least(0.7, slack=0.0055),
    "average_precision": at_least(0.35),
    "brier": at_most(0.16, slack=0.004),
    "calibration_error": at_most(0.05),
}
# Leaves, share of features and rounds: `studies/tune`, on months before the test.
PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "rounds": 400,
}
BASELINE_ROWS = 300_000  # of batches, the logistic regression learns from a sample
SLICES = ["carrier", "origin"]
NEW_YORK = "America/New_York"


def load(data_dir: Path | None) -> Tables:
    """Return `flights`, `weather` and `planes`, with times in UTC."""
    return {
        "flights": data.flights(data.read("flights", data_dir), data.read("airports", data_dir)),
        "weather": data.weather(data.read("weather", data_dir)),
        "planes": data.read("planes", data_dir)[["tailnum", "year", "seats"]],
    }


def count(tables: Tables) -> dict[str, int]:
    """Return the number of flights by status. Cancelled and diverted flights have no arrival and no label."""
    counts: dict[str, int] = tables["flights"]["status"].value_counts().to_dict()
    return counts


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per flight, in order of prediction time. Flights that never arrived have no label."""
    flights = tables["flights"]
    rows = flights[[*ENTITY_KEYS, "sched_dep", "sched_arr", "status"]].copy()
    rows[LABEL_KNOWN_AT] = flights["landed"]
    rows[EVENT_TIMESTAMP] = rows["sched_dep"] - HORIZON
    rows[LABEL] = (flights["arr_delay"] > LATE_AFTER).astype(float).where(flights["status"] == "landed")
    return rows.sort_values([EVENT_TIMESTAMP, *ENTITY_KEYS], ignore_index=True)


def feature_tables(tables: Tables) -> Tables:
    """Return the rows of the stored feature views."""
    import pandas as pd

    from pipelines.flight_delay.departures import departures
    from pipelines.flight_delay.history import delays
    from pipelines.flight_delay.rotation import rotation

    aircraft = pd.DataFrame({"tailnum": tables["planes"]["tailnum"]})
    aircraft["event_timestamp"] = pd.Timestamp("2013-01-01", tz="UTC")
    aircraft["aircraft_age"] = 2013.0 - tables["planes"]["year"]
    aircraft["aircraft_seats"] = tables["planes"]["seats"].astype(float)
    weather = tables["weather"].rename(columns={"hour": "event_timestamp"})
    flights = tables["flights"]
    landed = {view: delays(flights, view) for view in WINDOWS}
    left = {view: departures(flights, view) for view in DEPARTURES}
    return {"weather": weather, "aircraft": aircraft, "aircraft_rotation": rotation(flights)} | landed | left


def split(tables: Tables, test_from: str = TEST_FROM) -> tuple[Tables, Tables]:
    """Return the labelled flights before an instant, and those from then on."""
    from models.metrics import splits

    labelled = select(tables["training_set"], lambda rows: rows[LABEL].notna())
    past, future = splits.by_time(labelled, EVENT_TIMESTAMP, test_from)
    splits.require_classes(past, LABEL, "training")
    splits.require_classes(future, LABEL, "test")
    return {"flights": past}, {"flights": future}


def train(
    tables: Tables,
    inputs: list[str] = INPUTS,
    seed: int = 0,
    workers: int = 0,
    tune: int = 0,
    calibrate_from: str = CALIBRATE_FROM,
) -> CalibratedBooster:
    """Return a LightGBM classifier with calibrated probabilities.

    workers: Ray workers, 0 to train in this process. tune: trials of a parameter search. calibrate_from: the rows from
    this instant on calibrate the probabilities.
    """
    from models.linear.logistic import Logistic
    from models.trees.gbdt import train_classifier

    rows = tables["flights"]
    model = train_classifier(
        rows,
        inputs=inputs,
        label=LABEL,
        categories=[column for column in CATEGORIES if column in inputs],
        calibrate=lambda part: part[EVENT_TIMESTAMP] >= instant(calibrate_from),
        params={name: value for name, value in PARAMETERS.items() if name != "rounds"},
        rounds=PARAMETERS["rounds"],
        seed=seed,
        workers=workers,
        tune=tune,
    )
    numbers = [column for column in inputs if column not in CATEGORIES]
    categories = [column for column in inputs if column in CATEGORIES]
    few = rows.sample(BASELINE_ROWS) if isinstance(rows, Batches) else rows
    model.baseline = Logistic(numbers, categories).fit(few, few[LABEL].to_numpy())
    return model


def evaluate(model: CalibratedBooster, tables: Tables) -> Evaluation:
    """Return ROC AUC, average precision, Brier score and calibration error, by carrier and origin as well.

    Delays of one day are not independent of each other, so the gate compares days.
    """
    from models.metrics import binary
    from pipelines.flight_delay import cards

    rows = tables["flights"]
    baseline = getattr(model, "baseline", None)  # a version of before has none
    simple = {"logistic regression": baseline.probability(rows)} if baseline else {}
    evaluation = binary.evaluate(rows, LABEL, model.probability(rows), SLICES, days(rows), simple)
    return replace(evaluation, sections=[*evaluation.sections, *cards.sections(rows, evaluation.metrics)])


def days(rows: pd.DataFrame) -> np.ndarray:
    """Return the day of each flight in New York, shape (n,)."""
    found: np.ndarray = rows["sched_dep"].dt.tz_convert(NEW_YORK).dt.date.to_numpy()
    return found


def signals(model: CalibratedBooster, tables: Tables) -> pd.DataFrame:
    """Return the inputs, the probability, the label and the prediction time of each flight."""
    rows = tables["flights"]
    numbers = [column for column in INPUTS if column not in CATEGORIES]
    frame = rows[INPUTS].astype(dict.fromkeys(numbers, float))
    times = {EVENT_TIMESTAMP: rows[EVENT_TIMESTAMP]}
    return frame.assign(probability=model.probability(rows), late=rows[LABEL].astype(int), **times)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three flights as a client would send them: the next ones for which the online store has the features.

    A reading may be missing. Where the store gets another instant, they are the last flights.
    """
    import pandas as pd

    flights = tables["flights"]
    later = flights[flights["sched_dep"] >= pd.Timestamp(ONLINE_AS_OF) + HORIZON]
    known = later[later[later.columns.intersection(INPUTS)].isna().sum(axis=1) <= 1].head(3)
    return requests(flights.tail(3) if known.empty else known)


def parameters_at(moment: datetime) -> dict[str, str]:
    """Return the parameters of a run as of an instant. The newest 60 days test the model, 30 before calibrate it.

    The test data are also the reference of the checks, which detect less with fewer rows.
    """
    names = {"known_by": 0, "as_of": 0, "test_from": 60, "calibrate_from": 90}
    return {name: (moment - timedelta(days=days)).isoformat() for name, days in names.items()}


def requests(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of the training set as a client would send them."""
    import pandas as pd

    frame = rows[[*ENTITY_KEYS, "sched_dep", "sched_arr"]].astype(object)
    frame = frame.where(rows[frame.columns].notna(), None)
    for column in ("sched_dep", "sched_arr"):
        frame[column] = [pd.Timestamp(value).isoformat() for value in rows[column]]
    records: list[dict[str, Any]] = frame.to_dict("records")
    return records
