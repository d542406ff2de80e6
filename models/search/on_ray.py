"""Searches on Ray: each job is a task, as many at a time as there are workers. One whose worker is lost runs again.

Ray Tune is not between: its journal keeps trials and not the state of their scheduler, so that ASHA would go on with
empty rungs, and population-based training has to write into Tune's private records.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from capstan.data.files import atomic_write
from capstan.errors import CapstanError
from capstan.ray_workers import LOST_WORKERS, start_ray
from models.search.base import Job
from models.search.journal import Journal
from models.search.workers import Train


def run(journal: Journal, train: Train, folder: Path, workers: int) -> None:
    """Run a search to its end. folder: of the networks at the end of each job, which outlive this process.

    Raises CapstanError without workers. An error of a job ends the search, which can go on with that job.
    """
    if workers < 1:
        raise CapstanError(f"A search needs at least one worker, not {workers}.")
    import ray

    start_ray()
    remote: Any = ray.remote(num_cpus=1, max_retries=LOST_WORKERS)(_work)
    running: dict[Any, Job] = {}
    while True:
        while len(running) < workers and (job := journal.ask()):
            state = None if job.parent is None else torch.load(path(folder, job.parent), weights_only=True)
            running[remote.remote(train, job, state)] = job
        if not running:
            return
        done, _ = ray.wait([*running], num_returns=1)
        job = running.pop(done[0])
        loss, state = ray.get(done[0])
        with atomic_write(path(folder, job.number)) as partial:
            torch.save(state, partial)
        journal.tell(job, loss)


def path(folder: Path, number: int) -> Path:
    """Return the file of the network at the end of a job."""
    return folder / f"{number:05}.pt"


def _work(train: Train, job: Job, state: Any) -> tuple[float, Any]:
    torch.set_num_threads(1)
    return train(job.parameters, state, job.start, job.end)
