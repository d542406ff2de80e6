"""A search's questions and reports, in a file: opened again, it goes on where a killed process was."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

from capstan.data.files import atomic_write
from capstan.errors import CapstanError
from models.search.base import Job, Search


class Journal:
    """A search whose every decision is written before anybody acts on it.

    search: a new one, which hears again what stands in the file. lost: jobs that were asked for and never ended; they
    are given out first. Raises CapstanError where the file is of another search.
    """

    def __init__(self, path: Path, search: Search):
        self.path, self.search = path, search
        self.events: list[dict[str, Any]] = []
        known = json.loads(path.read_text()) if path.exists() else []
        for event in known:
            self._again(event)
        self.lost = deque(job for job in search.jobs if job.number not in search.losses)

    def ask(self) -> Job | None:
        """Return a job that was lost, or a new one."""
        if self.lost:
            return self.lost.popleft()
        job = self.search.ask()
        if job:
            self._write({"asked": asdict(job)})
        return job

    def tell(self, job: Job, loss: float) -> None:
        """Hear the loss of a job."""
        self.search.tell(job, loss)
        self._write({"told": job.number, "loss": self.search.losses[job.number]})

    def _again(self, event: dict[str, Any]) -> None:
        if "asked" in event:
            job = self.search.ask()
            if job is None or asdict(job) != event["asked"]:
                raise CapstanError(f"{self.path} is of another search. Remove it, or go on with the same settings.")
        else:
            self.search.tell(self.search.jobs[event["told"]], event["loss"])
        self.events.append(event)

    def _write(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        with atomic_write(self.path) as partial:
            partial.write_text(json.dumps(self.events) + "\n")
