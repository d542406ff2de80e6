"""Which strength and which stretch of the score have the least log loss?

The log loss of the annotators' shares and macro F1 at the best levels, in three folds of units of the tweets to train
on. The code has the first setting within 0.001 of the least log loss. The tweets that test the model have no part in
it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study
from models.encoder import vectors
from pipelines.moderation import decisions, reading, report, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Score

FAMILIES = Choices(
    {"softmax": (Score, {"strength": (2.0, 4.0), "stretch": (0.3, 0.6, 1.0)})},
    score="log_loss",
    lowest=True,
    close=0.001,
)


@cache
def past() -> tuple[Read, np.ndarray, np.ndarray]:
    """Return what is read of the tweets to train on, their shares and their units."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    known = vectors.of(loaded["tweets"]["text"].tolist(), weights)
    rows = task.split(loaded)[0]["tweets"]
    read = reading.read(rows["text"].tolist(), known[rows["row"].to_numpy()])
    return read, training.shares_of(rows), rows["unit"].to_numpy()


def measured(family: str, setting: str, seed: int) -> Line:
    """Return log loss and macro F1 of tweets by scores that were fitted without their fold."""
    (read, shares, units), chosen = past(), FAMILIES.setting(family, setting)
    scores, votes = training.out_of_fold(lambda: Score(**chosen), read, shares, units, seed)
    guess = decisions.named(votes, decisions.best_levels(votes, shares.argmax(axis=1)))
    return {name: float(column.mean()) for name, column in report.values(shares, scores, guess).items()}


def shown(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a measure."""
    return lambda rows: f"{rows[name].mean():.4f}"


STUDY = Study(
    measures=[Measure(measured, FAMILIES.cases())],
    tables=[FAMILIES.table({"log loss": shown("log_loss"), "macro F1": shown("macro_f1")})],
    seeds=1,
)
