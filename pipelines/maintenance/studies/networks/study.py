"""Do convolutions, an LSTM or a small transformer improve on the boosting?

All learn from all engines of NASA's training files. Their settings were not tuned. Needs the libraries of the family
`torch`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from pipelines.maintenance import data
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import SUBSETS
from pipelines.maintenance.state import State
from pipelines.maintenance.studies.compare import study as compare
from pipelines.maintenance.studies.networks import fitting

BOOSTING, MEAN = "boosting, served", "mean of all four"


def predictions(past: list[data.Engine], test: list[data.Engine], seed: int) -> dict[str, np.ndarray]:
    """Return the cycles left of each engine to test on by every method, shapes (n,)."""
    state = State().fit(past)
    sensors, cycles, left = (
        [state.normalized(engine) for engine in past],
        [engine.cycle for engine in past],
        [engine.left for engine in past],
    )
    rows = np.stack([fitting.window(state.normalized(engine), engine.cycle, len(engine.cycle) - 1) for engine in test])
    model = Boosting(seed).fit([state.features(engine) for engine in past], left)
    by_method = {BOOSTING: model.predict(np.array([state.features(engine)[-1] for engine in test]))}
    for kind in fitting.KINDS:
        by_method[kind] = fitting.predict(fitting.fit(kind, sensors, cycles, left, seed), rows)
    return by_method | {MEAN: np.mean(list(by_method.values()), axis=0)}


def errors(seed: int) -> Iterator[Line]:
    """Yield a line per method and data set."""
    past, test = compare.engines()
    yield from compare.lines(test, predictions(past, test, seed), BOOSTING)


MORE: dict[str, Show] = {"RMSE of the mean, less that of the boosting": compare.more(2)}

STUDY = Study(
    measures=[Measure(errors)],
    tables=[
        Table(
            {"RMSE at the last cycle": "method"},
            {subset: compare.median("rmse", subset, 2) for subset in SUBSETS},
        ),
        Table({"data set": "subset"}, MORE, rows=lambda lines: lines[lines["method"] == MEAN]),
    ],
)
