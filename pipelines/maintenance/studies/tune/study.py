"""Which windows and settings does the boosting get, chosen on engines to learn from alone?

For each setting, the RMSE of five folds of engines, each cut at random cycles. The code has the setting with the lowest
mean over NASA's four data sets, which count alike. The engines that test the model have no part in it.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.metrics import remaining_life
from pipelines.maintenance import data, task, training, windows
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import CAP, SUBSETS
from pipelines.maintenance.state import State

WINDOWS: dict[str, dict[str, tuple[int, ...]]] = {
    "means of 5, 15, 30": {"lengths": (5, 15, 30), "slopes": ()},
    "and slopes of 15, 30": {"lengths": (5, 15, 30), "slopes": (15, 30)},
    "up to 60": {"lengths": (5, 15, 30, 60), "slopes": (30, 60)},
    "up to 100": {"lengths": (5, 15, 30, 60, 100), "slopes": (30, 60, 100)},
    "up to 200": {"lengths": (5, 15, 30, 60, 100, 200), "slopes": (30, 60, 100, 200)},
}
LEARNERS: dict[str, dict[str, Any]] = {
    "15 leaves, 300 rounds": {"leaves": 15, "rounds": 300},
    "31 leaves, 300 rounds": {"leaves": 31, "rounds": 300},
    "15 leaves, 600 rounds": {"leaves": 15, "rounds": 600},
}
PLAIN, LONGEST = next(iter(LEARNERS)), "up to 200"
ALONE = "up to 60, each data set alone"


def errors(engines: list[data.Engine], chosen: str, learner: str, seed: int) -> dict[str, float]:
    """Return the RMSE of each data set at random cycles of engines that were not learned from."""
    if chosen == ALONE:
        apart = [[engine for engine in engines if engine.name.startswith(subset)] for subset in SUBSETS]
        return {name: value for own in apart for name, value in errors(own, "up to 60", learner, seed).items()}
    state = State().fit(engines)
    features = [windows.features(state.normalized(engine), engine.cycle, **WINDOWS[chosen]) for engine in engines]
    left = [engine.left for engine in engines]
    cut_places = training.cuts([len(own) for own in left], seed)
    predictions = training.out_of_fold(features, left, cut_places, partial(Boosting, **LEARNERS[learner]), seed)
    true = np.minimum([own[places] for own, places in zip(left, cut_places, strict=True)], CAP)
    of = np.array([engine.name.split("-")[0] for engine in engines])
    return {name: remaining_life.rmse(predictions[of == name], true[of == name]) for name in dict.fromkeys(of.tolist())}


def trials() -> list[tuple[str, str]]:
    """Return the settings that are tried: windows with plain boosting, each data set alone, other boosting."""
    return [*((name, PLAIN) for name in [*WINDOWS, ALONE]), *((LONGEST, own) for own in LEARNERS if own != PLAIN)]


def best(results: pd.DataFrame) -> tuple[str, str]:
    """Return windows and boosting with the lowest mean error."""
    chosen, learner = results.groupby(["windows", "boosting"])["mean"].mean().idxmin()
    return str(chosen), str(learner)


@cache
def past() -> list[data.Engine]:
    """Return the engines to learn from."""
    return data.engines(task.split(task.load(settings().data_dir))[0]["cycles"])


def score(windows: str, boosting: str, seed: int) -> Line:
    """Return the error of each data set, and their mean."""
    by_subset = errors(past(), windows, boosting, seed)
    return by_subset | {"mean": float(np.mean(list(by_subset.values())))}


def shown(name: str) -> Show:
    """Return what shows an error."""
    return lambda rows: spread(rows[name], digits=2)


STUDY = Study(
    measures=[Measure(score, [{"windows": chosen, "boosting": learner} for chosen, learner in trials()])],
    tables=[Table({"windows": "windows", "boosting": "boosting"}, {name: shown(name) for name in [*SUBSETS, "mean"]})],
    seeds=1,
)
