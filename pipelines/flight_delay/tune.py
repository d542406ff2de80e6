"""`python -m pipelines.flight_delay.tune`: settings of LightGBM, each on three months that the test does not see.

Trained on all that came before June, August and September, measured on that month. It writes `tune.json` into the
folder that it is given, and prints the table. The task has the best one.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.data.files import read_tables, write_tables
from capstan.data.times import instant
from capstan.errors import without_tracebacks
from capstan.settings import settings
from components.build_features.core import build_features
from models.study import Line, Study, markdown
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CATEGORIES, INPUTS, LABEL

MONTHS = {
    "June": ("2013-06-01T04:00:00Z", "2013-07-01T04:00:00Z"),
    "August": ("2013-08-01T04:00:00Z", "2013-09-01T04:00:00Z"),
    "September": ("2013-09-01T04:00:00Z", "2013-10-01T04:00:00Z"),
}
GRID: list[dict[str, Any]] = [
    {"num_leaves": 63, "feature_fraction": 0.7, "rounds": 150},  # what the task had before there were departures
    {"num_leaves": 63, "feature_fraction": 0.4, "rounds": 150},
    {"num_leaves": 31, "feature_fraction": 0.4, "rounds": 300},
    {"num_leaves": 31, "feature_fraction": 0.2, "rounds": 400},
    {"num_leaves": 15, "feature_fraction": 0.4, "rounds": 500},
    {"num_leaves": 63, "feature_fraction": 0.2, "rounds": 250},
]


def labelled() -> pd.DataFrame:
    """Return the labelled rows of the training set, as the steps make it."""
    with TemporaryDirectory() as name:
        write_tables(task.load(settings().data_dir), Path(name) / "tables")
        paths = [str(Path(name) / part) for part in ("tables", "features", "training_set", "counts.json")]
        build_features("flight_delay", *paths)
        rows = read_tables(Path(name) / "training_set")["training_set"]
    return rows[rows[LABEL].notna()].reset_index(drop=True)


def measure(rows: pd.DataFrame, tried: dict[str, Any]) -> Iterator[Line]:
    """Yield the ROC AUC of each month."""
    import lightgbm
    from sklearn.metrics import roc_auc_score

    from models.trees.booster import encode

    coding = {name: sorted(rows[name].unique()) for name in CATEGORIES}
    matrix = encode({name: rows[name].to_list() for name in INPUTS}, INPUTS, coding)
    target, when = rows[LABEL].to_numpy(float), rows[EVENT_TIMESTAMP]
    params = task.PARAMETERS | tried | {"objective": "binary", "seed": 0, "verbosity": -1}
    rounds = params.pop("rounds")
    for month, (first, end) in MONTHS.items():
        began = time.monotonic()
        past, held = (
            np.asarray(each)
            for each in (when < instant(first), when.between(instant(first), instant(end), inclusive="left"))
        )
        data = lightgbm.Dataset(matrix[past], target[past], categorical_feature=[*map(INPUTS.index, CATEGORIES)])
        booster = lightgbm.train(params, data, rounds)
        area = roc_auc_score(target[held], booster.predict(matrix[held]))
        yield {"settings": json.dumps(tried), "month": month, "roc_auc": area, "seconds": time.monotonic() - began}


def best(lines: list[Line]) -> dict[str, Any]:
    """Return the settings with the highest mean over the months."""
    chosen = pd.DataFrame(lines).groupby("settings", sort=False)["roc_auc"].mean().idxmax()
    found: dict[str, Any] = json.loads(str(chosen))
    return found


def tables(results: pd.DataFrame) -> str:
    """Return a row per settings: the ROC AUC of each month."""

    def of(month: str) -> Any:
        return lambda rows: f"{rows.loc[rows['month'] == month, 'roc_auc'].mean():.4f}"

    columns = {month: of(month) for month in MONTHS} | {"mean": lambda rows: f"{rows['roc_auc'].mean():.4f}"}
    tried = results.assign(settings=results["settings"].str.strip("{}").str.replace('"', ""))
    return markdown(tried, {"settings": "settings"}, columns)


def main() -> None:
    """Measure, print and write."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    study = Study(parser.parse_args().out / "tune.json", ["settings", "month"])
    rows = labelled()
    for tried in GRID:
        study.add(*measure(rows, tried))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
