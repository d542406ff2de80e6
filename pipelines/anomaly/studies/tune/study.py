"""Which setting is best, with the threshold of other streams?

The standard profile of NAB, ten folds of streams, five seeds.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.anomaly.nab_scoring import Judged, scaled
from pipelines.anomaly import task
from pipelines.anomaly.labels import judged
from pipelines.anomaly.studies.tune import chosen


def best(record: pd.DataFrame) -> str:
    """Return the setting with the highest mean score."""
    means = record.groupby("setting", sort=False)["nab"].mean()
    return str(means.idxmax())


@cache
def labels() -> dict[str, Judged]:
    """Return what alerts are worth, by stream."""
    tables = task.load(settings().data_dir)
    return judged(tables["points"], tables["windows"])


@cache
def signals() -> dict[str, np.ndarray]:
    """Return the signals of each stream."""
    return chosen.signals(task.load(settings().data_dir)["points"])


@cache
def totals(setting: str) -> np.ndarray:
    """Return what each stream earns at each threshold with a setting, shape (1, streams, thresholds)."""
    made = next(one for one in chosen.settings() if chosen.named(one) == setting)
    return chosen.totals(labels(), {name: chosen.scores(signals()[name], made) for name in labels()})[np.newaxis]


def score(setting: str, seed: int) -> Line:
    """Return the score of a setting."""
    windows = sum(one.windows for one in labels().values())
    earned = float(chosen.out_of_fold(totals(setting), list(labels()), seed).sum())
    return {"nab": round(scaled(earned, windows), 3)}


def shown(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the best five settings, and of the worst."""
    means = lines.groupby("setting")["nab"].mean().sort_values(ascending=False)
    return pd.concat([lines[lines["setting"] == name] for name in [*means.index[:5], means.index[-1]]])


STUDY = Study(
    measures=[Measure(score, [{"setting": chosen.named(one)} for one in chosen.settings()])],
    tables=[
        Table(
            {"setting": "setting"},
            {"threshold of other streams": lambda rows: spread(rows["nab"], digits=1)},
            rows=shown,
        )
    ],
)
