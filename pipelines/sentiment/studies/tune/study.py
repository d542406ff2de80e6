"""Which penalty and which stretch of MiniLM's vector are best?

The mean r of the sources and the error, in five folds of units of the snippets to train on. The snippets that test the
model have no part in it. The code has the setting with the highest r.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Choices, Line, Measure, Study, Table, spread
from models.encoder import vectors
from pipelines.sentiment import reading, report, task, training
from pipelines.sentiment.reading import Read
from pipelines.sentiment.scores import Score

FAMILIES = Choices(
    {"ridge": (Score, {"penalty": (0.5, 1.0, 2.0, 4.0, 8.0), "stretch": (0.0, 0.5, 1.0, 2.0)})}, score="r"
)


def fitted(family: str, setting: str, seed: int) -> Line:
    """Return r and error of snippets by scores that were fitted without their fold."""
    rows, read = past()
    valence, sources = rows["valence"].to_numpy(), rows["source"].to_numpy()
    chosen = FAMILIES.setting(family, setting)
    predicted = training.out_of_fold(lambda: Score(**chosen), read, valence, rows["unit"].to_numpy(), seed, [read])[0]
    return {name: float(column.mean()) for name, column in report.values(valence, predicted, sources).items()}


@cache
def past() -> tuple[pd.DataFrame, Read]:
    """Return the snippets to train on, and what is read of them."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    texts = loaded["snippets"]["text"].tolist()
    rows = task.split(loaded)[0]["snippets"]
    embedded = vectors.of(texts, weights)[rows["row"].to_numpy()]
    return rows, reading.read(rows["text"].tolist(), rows["source"].tolist(), weights, embedded)


def shown(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a measure."""
    return lambda rows: spread(rows[name], digits=4)


STUDY = Study(
    measures=[Measure(fitted, FAMILIES.cases())],
    tables=[Table({"setting": "setting"}, {name: shown(name) for name in ("r", "mae")})],
    seeds=1,
)
