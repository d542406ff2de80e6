"""Which setting is best?

The standard profile of NAB. The best one is that with the highest score of all streams at its best threshold: compare
chooses in the same way on the streams of other folds.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.anomaly.nab_scoring import scaled
from pipelines.anomaly import streams, task
from pipelines.anomaly.detector import Setting
from pipelines.anomaly.labels import judged
from pipelines.anomaly.studies.tune import chosen

SEEDS = 5  # of folds


def best(record: pd.DataFrame) -> str:
    """Return the setting with the highest score."""
    return str(record.set_index("setting")["nab"].idxmax())


@cache
def loaded() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the points and the windows."""
    tables = task.load(settings().data_dir)
    return tables["points"], tables["windows"]


def score(setting: str) -> Line:
    """Return the score of a setting at its best threshold, and its mean with thresholds of other streams."""
    return earned(*loaded(), next(candidate for candidate in chosen.settings() if chosen.named(candidate) == setting))


def earned(points: pd.DataFrame, windows: pd.DataFrame, setting: Setting) -> Line:
    """Return the same of these streams."""
    labels = judged(points, windows)
    tables = chosen.totals(labels, streams.scores(points, setting))[np.newaxis]
    held_out = [chosen.out_of_fold(tables, chosen.at_random(list(labels), seed)).sum() for seed in range(SEEDS)]
    scores = {"nab": tables[0].sum(axis=0).max(), "others": np.mean(held_out)}
    return {name: round(scaled(float(total), len(windows)), 3) for name, total in scores.items()}


def shown(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the best five settings, and of the worst."""
    ordered = lines.sort_values("nab", ascending=False)
    return pd.concat([ordered.head(5), ordered.tail(1)])


def cell(name: str) -> Show:
    """Return what shows a score."""
    return lambda rows: f"{rows[name].iloc[0]:.1f}"


STUDY = Study(
    measures=[Measure(score, [{"setting": chosen.named(setting)} for setting in chosen.settings()])],
    tables=[
        Table(
            {"setting": "setting"},
            {"best threshold of all": cell("nab"), "threshold of other streams": cell("others")},
            rows=shown,
        )
    ],
    seeds=0,
)
