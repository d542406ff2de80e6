"""What do searches for hyperparameters find with an equal budget, and how long do they take on many workers?

- budget: each method on the same trials, live, one worker;
- workers: each search of `models/search/` on 1, 4 and 16 workers, by a clock, on recorded learning curves.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import sklearn.datasets
import torch

from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.search import SEARCHES, rays
from models.search.base import Draw, Job, rungs
from models.search.workers import run
from pipelines.distributed_training.studies.search import curves, network

BUDGET, MOST, ETA = 432, 27, 3  # as many steps as 16 trials take from their beginning to their end
INTERVAL, QUANTILE, RESAMPLE, MEMBERS = 3, 0.25, 0.25, 16  # of population-based training, ours and Ray's
WORKERS = (1, 4, 16)
STRAGGLING = 0.5  # the standard deviation of the logarithm of how long a step takes
BAND = 49  # trials of a band of Hyperband, which Ray's has to get at once
Found = list[tuple[float, Any]]  # the loss and the network at each comparison, and None where there is none


def ours(name: str, draw: Draw, seed: int) -> tuple[Line, Found, list[int]]:
    """Return what a search of ours has found: its line, what it compared, and the steps used until then."""
    search = SEARCHES[name](draw, BUDGET, network.PRIOR, seed)
    ran = run(search, network.train)
    used, total = [], 0
    for job in search.jobs:
        total += job.steps
        used.append(total)
    found = [(search.losses[job.number], ran.states[job.number]) for job in search.jobs]
    return {"trials": len({job.trial for job in search.jobs}), "steps": search.spent}, found, used


def of_ray(name: str, draw: Draw, seed: int) -> tuple[Line, Found, list[int]]:
    """Return what a scheduler of Ray has found. It counts what it sees where trials are compared, as with ours."""
    random.seed(seed)
    schedulers: dict[str, tuple[Any, int]] = {
        "Ray's ASHA": (rays.asha(MOST, ETA), 0),
        "Ray's Hyperband": (rays.hyperband(MOST, ETA), 2 * BAND),
        "Ray's population-based": (rays.population(network.PRIOR, INTERVAL, QUANTILE, RESAMPLE, Random(seed)), MEMBERS),
    }
    scheduler, trials = schedulers[name]
    controller = rays.Controller(scheduler, draw, network.train, MOST, BUDGET, trials)
    controller.run()
    compared = range(INTERVAL, MOST + 1, INTERVAL) if "population" in name else rungs(MOST, ETA)
    seen = [(place, report) for place, report in enumerate(controller.reports) if report.step in compared]
    line = {"trials": len({report.trial for report in controller.reports}), "steps": len(controller.reports)}
    return line, [(report.loss, report.state) for _, report in seen], [place + 1 for place, _ in seen]


METHODS: dict[str, Callable[[str, Draw, int], tuple[Line, Found, list[int]]]] = {
    "random search": ours,
    "ASHA": ours,
    "ASHA, stopping": ours,
    "Ray's ASHA": of_ray,
    "Hyperband": ours,
    "Ray's Hyperband": of_ray,
    "population-based": ours,
    "Ray's population-based": of_ray,
}


def budget(seed: int) -> Iterator[Line]:
    """Yield what each method finds. All draw the same trials. as_good: the steps until random search's result."""
    torch.set_num_threads(1)
    goal = math.inf
    for name, method in METHODS.items():
        line, found, used = method(name, partial(network.draw, seed), seed)
        loss, state = min(found, key=lambda pair: pair[0])
        if name == "random search":
            goal, goal_test = loss, network.loss(state, network.PARTS[1])
        test = network.loss(state, network.PARTS[1])
        until = next((steps for (reached, _), steps in zip(found, used, strict=True) if reached <= goal), None)
        yield {"method": name, "workers": 1} | line | {
            "loss": loss, "test": test, "less": loss - goal, "test_less": test - goal_test, "as_good": until,
        }  # fmt: skip


def length(seed: int, job: Job) -> float:
    """Return how long a job takes where workers straggle."""
    return job.steps * math.exp(Random(1_000_003 * seed + job.number).gauss(0, STRAGGLING))


@cache
def recorded() -> curves.Curves:
    """Return the learning curves."""
    return curves.read()


def workers(method: str, workers: int, seed: int) -> Line:
    """Return how long a search takes on some workers, by a clock of its own, and what it finds.

    Population-based training has no recorded curves, and trains.
    """
    torch.set_num_threads(1)
    known = recorded()
    order = Random(seed).sample(range(len(known.losses)), len(known.losses))
    live = method == "population-based"
    draw = partial(network.draw, seed) if live else lambda trial: known.draw(order[trial])
    search = SEARCHES[method](draw, BUDGET, network.PRIOR, seed)
    ran = run(search, network.train if live else known.train, workers, partial(length, seed))
    return {"time": ran.time, "busy": ran.busy / ran.time / workers, "loss": search.losses[search.best.number]}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the files that are read: scikit-learn's digits, and the recorded curves."""
    digits = Path(sklearn.datasets.__file__).parent / "data" / "digits.csv.gz"
    return {"digits": digits, "curves": curves.FILE}


def busy(count: int) -> Show:
    """Return what shows how long a search took on some workers, and how much of that they worked."""

    def show(rows: pd.DataFrame) -> str:
        on = rows[rows["workers"] == count]
        return f"{on['time'].mean():.0f} ({100 * on['busy'].mean():.0f} % busy)"

    return show


FOUND: dict[str, Show] = {
    "trials": lambda rows: f"{rows['trials'].mean():.0f}",
    "validation loss": lambda rows: spread(rows["loss"]),
    "less than random search's": lambda rows: spread(0 - rows["less"]),
    "seeds better, worse": lambda rows: f"{(rows['less'] < 0).sum()}, {(rows['less'] > 0).sum()}",
    "test loss": lambda rows: spread(rows["test"]),
    "steps until as good": lambda rows: (
        f"{rows['as_good'].mean():.0f} ({rows['as_good'].notna().sum()} of {len(rows)} seeds)"
    ),
}
STUDY = Study(
    measures=[
        Measure(budget),
        Measure(workers, [{"method": name, "workers": count} for name in SEARCHES for count in WORKERS]),
    ],
    tables=[
        Table({"method": "method"}, FOUND, "budget"),
        Table({"search": "method"}, {f"{count} workers": busy(count) for count in WORKERS[1:]}, "workers"),
    ],
    files=files,
)
