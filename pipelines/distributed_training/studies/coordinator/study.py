"""Does a training give the same losses when workers are lost and added on the way?

A coordinator on Ray actors divides each step into eight shards and sums their gradients in one fixed tree. One worker,
two workers, and two of which one is killed in step 7 and another is added in step 12.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import torch

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import plays
from models.parallel.coordinator.coordinator import Coordinator
from models.parallel.decoder_plan import DecoderPlan, sizes

PLAN = DecoderPlan(sizes(width=16, layers=2, context=16, buckets=64), steps=20, batch=8, double=True)
BYTES = 50_000  # of the text
KILLED, ADDED = 7, 12  # steps
CASES = {"1 worker": 1, "2 workers": 2, "2 workers, one killed, one added": 2}


@cache
def text() -> np.ndarray:
    """Return the bytes to learn from."""
    return np.frombuffer(plays.path(settings().data_dir).read_bytes()[:BYTES], np.uint8).copy()


def kill(coordinator: Coordinator) -> None:
    """Kill the process of the first worker."""
    import ray

    first = next(iter(coordinator.workers.values()))
    os.kill(ray.get(first.pid.remote()), signal.SIGKILL)


def coordinated(workers: int, disturbed: bool = False) -> tuple[list[float], float]:
    """Return the loss of each step, and the seconds of a step."""
    with tempfile.TemporaryDirectory() as folder:
        coordinator = Coordinator(PLAN, text(), Path(folder))
        for _ in range(workers):
            coordinator.add()

        def disturb(step: int) -> None:
            if disturbed and step == KILLED:
                kill(coordinator)
            if disturbed and step == ADDED:
                coordinator.add()

        begin = time.perf_counter()
        coordinator.run(PLAN.steps, disturb)
        seconds = time.perf_counter() - begin
        coordinator.close()
    return coordinator.losses, seconds / PLAN.steps


@cache
def undisturbed() -> list[float]:
    """Return the losses of one worker."""
    return coordinated(1)[0]


def losses(case: str) -> Line:
    """Return the last loss, the farthest one from those of one worker, and the seconds of a step."""
    torch.set_num_threads(1)
    found, seconds = coordinated(CASES[case], "killed" in case)
    farthest = float(np.abs(np.array(found) - undisturbed()).max())
    return {"loss": found[-1], "farthest": farthest, "seconds": seconds}


STUDY = Study(
    measures=[Measure(losses, [{"case": case} for case in CASES], seeds=0)],
    tables=[
        Table(
            {"20 steps": "case"},
            {
                "last loss": lambda rows: spread(rows["loss"], digits=12),
                "farthest from one worker's": lambda rows: f"{rows['farthest'].max():g}",
                "ms per step": lambda rows: f"{1000 * rows['seconds'].mean():.0f}",
            },
        )
    ],
)
