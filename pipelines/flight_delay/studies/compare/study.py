"""How good is the model compared with simpler ones, and what is each group of inputs worth?

Nothing is chosen here: the study `tune` has the choices, made on other months. Each split trains on all flights before
it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.contract.intervals import difference
from capstan.data.times import instant
from capstan.study import Line, Measure, Study, Table, spread
from models.metrics import binary
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CALIBRATE_FROM, CATEGORIES, GROUPS, INPUTS, LABEL, TEST_FROM
from pipelines.flight_delay.studies.labelled import labelled

# Split: from when flights calibrate the probabilities, and from when to when they test. `tune.py` and the choice of
# features looked at June, August and September, and at none of these months.
SPLITS = {
    "October to December": (CALIBRATE_FROM, TEST_FROM, "2014-01-01T05:00:00Z"),
    "July": ("2013-06-01T04:00:00Z", "2013-07-01T04:00:00Z", "2013-08-01T04:00:00Z"),
    "April and May": ("2013-03-01T05:00:00Z", "2013-04-01T04:00:00Z", "2013-06-01T04:00:00Z"),
}
NEW = ["departures", "rotation"]
BEFORE = [column for group, columns in GROUPS.items() if group not in NEW for column in columns]
OURS, HOUR, LOGISTIC = "ours", "share of late flights by hour", "logistic regression"
DEFAULTS, DEFAULTS_BEFORE = "LightGBM, defaults", "LightGBM, defaults, without the new columns"
OURS_BEFORE = "ours, without the new columns"
Method = Callable[[pd.DataFrame, pd.DataFrame, str, int], np.ndarray]


def ours(inputs: list[str]) -> Method:
    """Return the task's own model on some inputs."""

    def probability(past: pd.DataFrame, test: pd.DataFrame, calibrate_from: str, seed: int) -> np.ndarray:
        model = task.train({"flights": past}, inputs=inputs, seed=seed, calibrate_from=calibrate_from)
        return model.probability(test)

    return probability


def by_hour(past: pd.DataFrame, test: pd.DataFrame, _calibrate_from: str, _seed: int) -> np.ndarray:
    """Return the share of late flights at the scheduled hour."""
    share = past.groupby(past["minute_of_day"] // 60)[LABEL].mean()
    return np.asarray((test["minute_of_day"] // 60).map(share).fillna(past[LABEL].mean()))


def logistic(past: pd.DataFrame, test: pd.DataFrame, _calibrate_from: str, _seed: int) -> np.ndarray:
    """Return the probabilities of the gate's baseline."""
    from models.linear.logistic import Logistic

    numbers = [column for column in INPUTS if column not in CATEGORIES]
    return Logistic(numbers, CATEGORIES).fit(past, past[LABEL].to_numpy()).probability(test)


def defaults(inputs: list[str]) -> Method:
    """Return LightGBM as it comes, on some inputs."""

    def probability(past: pd.DataFrame, test: pd.DataFrame, _calibrate_from: str, seed: int) -> np.ndarray:
        import lightgbm

        of = {name: pd.CategoricalDtype(sorted(past[name].unique())) for name in CATEGORIES}
        model = lightgbm.LGBMClassifier(random_state=seed, verbosity=-1)
        model.fit(past[inputs].astype(of), past[LABEL])
        return np.asarray(model.predict_proba(test[inputs].astype(of)))[:, 1]

    return probability


METHODS: dict[str, Method] = {
    OURS: ours(INPUTS),
    HOUR: by_hour,
    LOGISTIC: logistic,
    DEFAULTS_BEFORE: defaults(BEFORE),
    DEFAULTS: defaults(INPUTS),
    OURS_BEFORE: ours(BEFORE),
}


def parts(split: str) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Return from when the flights of a split calibrate, those that train, and those that test."""
    rows, (calibrate_from, first, end) = labelled(), SPLITS[split]
    when = rows[EVENT_TIMESTAMP]
    return calibrate_from, rows[when < instant(first)], rows[(when >= instant(first)) & (when < instant(end))]


def methods(split: str, seed: int) -> Iterator[Line]:
    """Yield a line per method; of other seeds than 0, of ours alone. Ours is better by `worse`, paired by days."""
    calibrate_from, past, test = parts(split)
    best: np.ndarray | None = None
    for name, method in METHODS.items() if seed == 0 else [(OURS, METHODS[OURS])]:
        began = time.monotonic()
        probability = method(past, test, calibrate_from, seed)
        seconds, days = time.monotonic() - began, task.days(test)
        area = binary.by_unit(test[LABEL].to_numpy(), probability, days)["roc_auc"].to_numpy()
        best = area if best is None else best
        own, worse = difference(area, np.zeros(len(area))), difference(best, area)
        yield {
            **{"case": name, "rows": len(test), "days": len(area)},
            **binary.score(test[LABEL].to_numpy(), probability),
            **{"low": own.low, "high": own.high},
            **{"worse": worse.mean, "worse_low": worse.low, "worse_high": worse.high, "seconds": seconds},
        }


def inputs(split: str) -> Iterator[Line]:
    """Yield a line per group of inputs, of the task's own model with this group and those before it."""
    calibrate_from, past, test = parts(split)
    known: list[str] = []
    for group, columns in GROUPS.items():
        known = known + columns
        scores = binary.score(test[LABEL].to_numpy(), ours(known)(past, test, calibrate_from, 0))
        yield {"case": f"+ {group}" if len(known) > len(columns) else group, "columns": len(known), **scores}


def interval(rows: pd.DataFrame) -> str:
    """Return the interval of the ROC AUC over days."""
    return f"{rows['low'].median():.4f} to {rows['high'].median():.4f}"


def behind(rows: pd.DataFrame) -> str:
    """Return by how much ours is better, with its interval."""
    between = f"({rows['worse_low'].median():.4f} to {rows['worse_high'].median():.4f})"
    return "-" if rows["case"].iloc[0] == OURS else f"{rows['worse'].median():.4f} {between}"


SCORES = {
    "ROC AUC": lambda rows: spread(rows["roc_auc"], digits=4, middle="median"),
    "average precision": lambda rows: spread(rows["average_precision"], digits=4, middle="median"),
    "Brier": lambda rows: spread(rows["brier"], digits=4, middle="median"),
    "calibration error": lambda rows: spread(rows["calibration_error"], digits=4, middle="median"),
}


def first_split(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the split that a run tests on."""
    return lines[lines["split"] == FIRST]


def other_splits(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the other splits."""
    return lines[lines["split"] != FIRST]


COLUMNS = SCORES | {"by days": interval, "ours is better by": behind}
FIRST, *OTHERS = SPLITS
STUDY = Study(
    measures=[Measure(methods, [{"split": split} for split in SPLITS]), Measure(inputs, [{"split": FIRST}], seeds=0)],
    tables=[
        Table({"tested on October to December": "case"}, COLUMNS, "methods", first_split),
        Table(
            {"tested on": "split", "method": "case"}, COLUMNS, "methods", lambda lines: lines[lines["split"] != FIRST]
        ),
        Table({"inputs": "case"}, {"columns": lambda rows: str(int(rows["columns"].iloc[0]))} | SCORES, "inputs"),
    ],
)
