"""`python -m pipelines.distributed_training.searching`: what searches find for an equal budget, and on many workers.

It writes `searching.json` into the folder that it is given, and prints the tables.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import torch

from models.search import SEARCHES, rays
from models.search.base import Draw, Job, rungs
from models.search.workers import run
from models.study import Line, Study, markdown, options, spread
from pipelines.distributed_training import learning_curves as curves
from pipelines.distributed_training import searched_network as network

FOLDER = Path(__file__).parent
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
    made: dict[str, tuple[Any, int]] = {
        "Ray's ASHA": (rays.asha(MOST, ETA), 0),
        "Ray's Hyperband": (rays.hyperband(MOST, ETA), 2 * BAND),
        "Ray's population-based": (rays.population(network.PRIOR, INTERVAL, QUANTILE, RESAMPLE, Random(seed)), MEMBERS),
    }
    scheduler, trials = made[name]
    controller = rays.Controller(scheduler, draw, network.train, MOST, BUDGET, trials)
    controller.run()
    compared = range(INTERVAL, MOST + 1, INTERVAL) if "population" in name else rungs(MOST, ETA)
    seen = [(place, one) for place, one in enumerate(controller.reports) if one.step in compared]
    line = {"trials": len({one.trial for one in controller.reports}), "steps": len(controller.reports)}
    return line, [(one.loss, one.state) for _, one in seen], [place + 1 for place, _ in seen]


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


def equal_budgets(seed: int) -> Iterator[Line]:
    """Yield what each method finds. All draw the same trials. as_good: the steps until random search's result."""
    goal = math.inf
    for name, method in METHODS.items():
        line, found, used = method(name, partial(network.draw, seed), seed)
        loss, state = min(found, key=lambda one: one[0])
        if name == "random search":
            goal, goal_test = loss, network.loss(state, network.PARTS[1])
        test = network.loss(state, network.PARTS[1])
        until = next((steps for (one, _), steps in zip(found, used, strict=True) if one <= goal), None)
        yield {"part": "budget", "method": name, "workers": 1, "seed": seed} | line | {
            "loss": loss, "test": test, "less": loss - goal, "test_less": test - goal_test, "as_good": until,
        }  # fmt: skip


def length(seed: int, job: Job) -> float:
    """Return how long a job takes where workers straggle."""
    return job.steps * math.exp(Random(1_000_003 * seed + job.number).gauss(0, STRAGGLING))


def on_workers(name: str, workers: int, seed: int, known: curves.Curves) -> Line:
    """Return how long a search takes on some workers, by a clock of its own, and what it finds.

    The curves are those that were recorded; population-based training has none, and trains.
    """
    order = Random(seed).sample(range(len(known.losses)), len(known.losses))
    live = name == "population-based"
    draw = partial(network.draw, seed) if live else lambda trial: known.draw(order[trial])
    search = SEARCHES[name](draw, BUDGET, network.PRIOR, seed)
    ran = run(search, network.train if live else known.train, workers, partial(length, seed))
    return {
        "part": "workers", "method": name, "workers": workers, "seed": seed, "time": ran.time,
        "busy": ran.busy / ran.time / workers, "loss": search.losses[search.best.number],
    }  # fmt: skip


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    budget, workers = (results[results["part"] == part] for part in ("budget", "workers"))
    shown: dict[str, Callable[[pd.DataFrame], str]] = {
        "trials": lambda rows: f"{rows['trials'].mean():.0f}",
        "validation loss": lambda rows: spread(rows["loss"]),
        "less than random search's": lambda rows: spread(0 - rows["less"]),
        "seeds better, worse": lambda rows: f"{(rows['less'] < 0).sum()}, {(rows['less'] > 0).sum()}",
        "test loss": lambda rows: spread(rows["test"]),
        "steps until as good": lambda rows: (
            f"{rows['as_good'].mean():.0f} ({rows['as_good'].notna().sum()} of {len(rows)} seeds)"
        ),
    }
    clock = {
        f"{count} workers": (lambda rows, count=count: busy(rows[rows["workers"] == count])) for count in WORKERS[1:]
    }
    return "\n\n".join((markdown(budget, {"method": "method"}, shown), markdown(workers, {"search": "method"}, clock)))


def busy(rows: pd.DataFrame) -> str:
    """Return the cell of some workers: how long it took, and how much of that they worked."""
    return f"{rows['time'].mean():.0f} ({100 * rows['busy'].mean():.0f} % busy)"


def main() -> None:
    """Search, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    torch.set_num_threads(1)
    study = Study(given.out / "searching.json", ["part", "method", "workers", "seed"])
    known = curves.read()
    for seed in range(given.seeds):
        if study.has(part="workers", seed=seed):
            continue
        study.add(*equal_budgets(seed))
        study.add(*(on_workers(name, workers, seed, known) for name in SEARCHES for workers in WORKERS))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
