"""`python -m pipelines.flight_delay.compare`: the model beside simpler ones, and what each group of inputs is worth.

It writes `compare.json` into the folder that it is given, and prints the tables. Nothing is chosen here: `tune.py` has
the choices, made on other months. Each split trains on all flights before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.contract.intervals import difference
from capstan.data.times import instant
from models.metrics import binary
from models.study import Line, Study, markdown, options, spread
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CALIBRATE_FROM, CATEGORIES, GROUPS, INPUTS, LABEL, TEST_FROM
from pipelines.flight_delay.tune import labelled

FOLDER = Path(__file__).parent
# Split: from when flights calibrate the probabilities, and from when to when they test. `tune.py` and the choice of
# features looked at June, August and September, and at none of these months.
SPLITS = {
    "October to December": (CALIBRATE_FROM, TEST_FROM, "2014-01-01T05:00:00Z"),
    "July": ("2013-06-01T04:00:00Z", "2013-07-01T04:00:00Z", "2013-08-01T04:00:00Z"),
    "April and May": ("2013-03-01T05:00:00Z", "2013-04-01T04:00:00Z", "2013-06-01T04:00:00Z"),
}
PARTS = ["methods", "inputs"]
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


def parts(rows: pd.DataFrame, split: str) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Return from when the flights of a split calibrate, those that train, and those that test."""
    calibrate_from, first, end = SPLITS[split]
    when = rows[EVENT_TIMESTAMP]
    return calibrate_from, rows[when < instant(first)], rows[(when >= instant(first)) & (when < instant(end))]


def measure(rows: pd.DataFrame, split: str, seeds: int) -> Iterator[Line]:
    """Yield a line per method, and of ours per seed. Intervals are of days; ours is better by `worse`, on the same."""
    calibrate_from, past, test = parts(rows, split)
    best: dict[int, np.ndarray] = {}
    for name, method in METHODS.items():
        for seed in range(seeds if name == OURS else 1):
            began = time.monotonic()
            probability = method(past, test, calibrate_from, seed)
            seconds, days = time.monotonic() - began, task.days(test)
            area = binary.by_unit(test[LABEL].to_numpy(), probability, days)["roc_auc"].to_numpy()
            own = difference(area, np.zeros(len(area)))
            worse = difference(best.setdefault(seed, area), area)
            yield {
                **{"kind": "method", "split": split, "case": name, "seed": seed, "rows": len(test), "days": len(area)},
                **binary.score(test[LABEL].to_numpy(), probability),
                **{"low": own.low, "high": own.high},
                **{"worse": worse.mean, "worse_low": worse.low, "worse_high": worse.high, "seconds": seconds},
            }


def add_groups(rows: pd.DataFrame, split: str, seed: int = 0) -> Iterator[Line]:
    """Yield a line per group of inputs, of the task's own model with this group and those before it."""
    calibrate_from, past, test = parts(rows, split)
    inputs: list[str] = []
    for group, columns in GROUPS.items():
        inputs = inputs + columns
        scores = binary.score(test[LABEL].to_numpy(), ours(inputs)(past, test, calibrate_from, seed))
        case = f"+ {group}" if len(inputs) > len(columns) else group
        yield {"kind": "inputs", "split": split, "case": case, "seed": seed, "columns": len(inputs), **scores}


SCORES = {
    "ROC AUC": lambda rows: spread(rows["roc_auc"], digits=4, middle="median"),
    "average precision": lambda rows: spread(rows["average_precision"], digits=4, middle="median"),
    "Brier": lambda rows: spread(rows["brier"], digits=4, middle="median"),
    "calibration error": lambda rows: spread(rows["calibration_error"], digits=4, middle="median"),
}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: methods by split, and groups of inputs."""

    def interval(low: str, high: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: f"{rows[low].median():.4f} to {rows[high].median():.4f}"

    def behind(rows: pd.DataFrame) -> str:
        between = f"({rows['worse_low'].median():.4f} to {rows['worse_high'].median():.4f})"
        return "-" if rows["case"].iloc[0] == OURS else f"{rows['worse'].median():.4f} {between}"

    methods, groups = (results[results["kind"] == kind] for kind in ("method", "inputs"))
    columns = SCORES | {"by days": interval("low", "high"), "ours is better by": behind}
    added = {"columns": lambda rows: str(int(rows["columns"].iloc[0]))} | SCORES
    shown = [markdown(methods, {"tested on": "split", "method": "case"}, columns)]
    if len(groups):
        shown.append(markdown(groups, {"inputs": "case"}, added))
    return "\n\n".join(shown)


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, FOLDER)
    parser.add_argument("--splits", nargs="+", default=list(SPLITS), choices=list(SPLITS))
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS, help="methods, and groups of inputs")
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["kind", "split", "case", "seed"])
    rows, first = labelled(), next(iter(SPLITS))
    for split in given.splits:
        for line in measure(rows, split, given.seeds) if "methods" in given.parts else []:
            study.add(line)
        for line in add_groups(rows, split) if split == first and "inputs" in given.parts else []:
            study.add(line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
