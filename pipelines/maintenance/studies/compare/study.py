"""How far is each method from what was left, at the last cycle?

Each method learns from all engines of NASA's four training files, and is measured on those to test on; the intervals
are over engines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.metrics import paired, remaining_life
from pipelines.maintenance import data, simple, task
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import CAP, SUBSETS
from pipelines.maintenance.simple import Defaults
from pipelines.maintenance.state import State

SERVED, SIMPLE, ALONE = "served", "ridge regression, means of 30 cycles", "served, each data set alone"
DEFAULTS, PLAIN = "LightGBM, defaults, the served windows", "LightGBM, defaults, means of 30 cycles"
GOALS = {"FD001": 12.3, "FD002": 12.6, "FD003": 11.6, "FD004": 13.0}


def predictions(past: list[data.Engine], test: list[data.Engine], seed: int) -> dict[str, np.ndarray]:
    """Return the capped cycles left of each engine to test on by every method, shapes (n,)."""

    def fitted(make: Callable[[int], Any], own: list[data.Engine], asked: list[data.Engine]) -> np.ndarray:
        state = State().fit(own)
        model = make(seed).fit([state.features(engine) for engine in own], [engine.left for engine in own])
        return np.asarray(model.predict(np.array([state.features(engine)[-1] for engine in asked])))

    alone = np.empty(len(test))
    for subset in SUBSETS:
        mask = np.array([engine.name.startswith(subset) for engine in test])
        own = [engine for engine in past if engine.name.startswith(subset)]
        alone[mask] = fitted(Boosting, own, [engine for engine in test if engine.name.startswith(subset)])
    mean = np.mean([np.minimum(engine.left, CAP).mean() for engine in past])
    return {
        DEFAULTS: fitted(Defaults, past, test),
        PLAIN: fitted(partial(Defaults, columns=simple.COLUMNS), past, test),
        SIMPLE: fitted(simple.Simple, past, test),
        "the mean of the engines to learn from": np.full(len(test), mean),
        ALONE: alone,
        SERVED: fitted(Boosting, past, test),
    }


def lines(test: list[data.Engine], by_method: dict[str, np.ndarray], rival: str = DEFAULTS) -> Iterator[Line]:
    """Yield a line per method and data set: RMSE with its interval, NASA's score, and RMSE of what is not capped.

    rival: the method that each one is compared with.
    """
    whole = np.array([engine.left[-1] for engine in test])
    left, of = np.minimum(whole, CAP), np.array([engine.name.split("-")[0] for engine in test])
    for method, own in by_method.items():
        for subset in SUBSETS:
            mask = of == subset
            values = paired.root((own[mask] - left[mask]) ** 2)
            baseline = paired.root((by_method[rival][mask] - left[mask]) ** 2)
            line: Line = {"method": method, "subset": subset}
            line |= dict(zip(("rmse", "low", "high"), difference(values, np.zeros(mask.sum())), strict=True))
            line |= dict(zip(("more", "more_low", "more_high"), difference(values, baseline), strict=True))
            yield line | {
                "nasa": float(remaining_life.nasa(own[mask], left[mask]).sum()),
                "not_capped": remaining_life.rmse(own[mask], whole[mask]),
            }


def median(name: str, subset: str, digits: int) -> Show:
    """Return what makes a cell of one data set: the median over the seeds, and the range."""
    return lambda rows: spread(rows.loc[rows["subset"] == subset, name], digits=digits, middle="median")


@cache
def engines() -> tuple[list[data.Engine], list[data.Engine]]:
    """Return the engines to learn from, and those to test on."""
    past, test = (data.engines(part["cycles"]) for part in task.split(task.load(settings().data_dir)))
    return past, test


def errors(seed: int) -> Iterator[Line]:
    """Yield a line per method and data set."""
    past, test = engines()
    yield from lines(test, predictions(past, test, seed))


def more(digits: int) -> Show:
    """Return what shows how much more a method's error is than its rival's: medians over the seeds."""
    names = ("more", "more_low", "more_high")
    return lambda rows: "{:.{d}f} ({:.{d}f} to {:.{d}f})".format(*(rows[name].median() for name in names), d=digits)


WHOLE: dict[str, Show] = {
    "goal": lambda rows: f"{GOALS[rows['subset'].iloc[0]]}",
    "RMSE, median of the seeds": lambda rows: spread(rows["rmse"], digits=2, middle="median"),
    "95 % over engines": lambda rows: f"{rows['low'].median():.2f} to {rows['high'].median():.2f}",
    "more than defaults": more(2),
    "NASA's score": lambda rows: spread(rows["nasa"], digits=0, middle="median"),
    "RMSE, not capped": lambda rows: spread(rows["not_capped"], digits=1, middle="median"),
}

STUDY = Study(
    measures=[Measure(errors)],
    tables=[
        Table(
            {"RMSE at the last cycle": "method"},
            {subset: median("rmse", subset, 2) for subset in SUBSETS},
            "errors",
        ),
        Table({"served": "subset"}, WHOLE, rows=lambda lines: lines[lines["method"] == SERVED]),
    ],
)
