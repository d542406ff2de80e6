"""What does MiniLM gain when its upper layers learn too, and what does it cost?

The methods learn from 4,000 of the snippets to train on and are tested on 1,500 others, as many of each source: on one
core, an epoch over all would take ten minutes.
"""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.encoder import fine_tuning, minilm, vectors
from pipelines.sentiment import reading, report, task
from pipelines.sentiment.data import SOURCES
from pipelines.sentiment.reading import Read
from pipelines.sentiment.scores import Score

LEARNED, ASKED = 4_000, 1_500
TUNED = "upper three layers"
SCORES = {"MiniLM, ridge": Score(("vectors",), by_source=False), "all of it, served": Score()}


def some(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return so many snippets, as many of each source."""
    return pd.concat(
        [rows[rows["source"] == source].sample(count // len(SOURCES), random_state=0) for source in SOURCES]
    )


@cache
def parts() -> list[tuple[pd.DataFrame, Read]]:
    """Return the snippets to learn from and to test on, and what is read of both."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    whole = vectors.of(loaded["snippets"]["text"].tolist(), weights)
    past, held = (part["snippets"] for part in task.split(loaded))
    return [
        (rows, reading.read(rows["text"].tolist(), rows["source"].tolist(), weights, whole[rows["row"].to_numpy()]))
        for rows in (some(past, LEARNED), some(held, ASKED))
    ]


def learned(method: str, seed: int) -> Line:
    """Return r of each source, their mean, and the processor time of the training."""
    (past, read), (held, asked) = parts()
    valence, begun = past["valence"].to_numpy(), time.process_time()
    if method == TUNED:
        start = minilm.shared(weights_files.fetch_all(task.WEIGHTS))
        plan = fine_tuning.Plan()
        tuned = fine_tuning.tune(start, past["text"].tolist(), read.vectors, valence, plan, seed)
        seconds = time.process_time() - begun
        predicted = fine_tuning.predict(tuned, start, held["text"].tolist())
    else:
        predicted = SCORES[method].fit(read, valence).predict(asked)
        seconds = time.process_time() - begun
    found = report.by_source(held["valence"].to_numpy(), predicted, held["source"].to_numpy())
    return found | {"mean": float(np.mean(list(found.values()))), "seconds": seconds}


STUDY = Study(
    measures=[Measure(learned, [{"method": name} for name in (*SCORES, TUNED)])],
    tables=[
        Table(
            {"method": "method"},
            {name: lambda rows, name=name: spread(rows[name]) for name in ("mean", *SOURCES)}
            | {"processor time of the training, s": lambda rows: spread(rows["seconds"], digits=0)},
        )
    ],
    seeds=1,
)
