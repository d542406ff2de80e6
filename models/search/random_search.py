"""Random search: every trial is trained to its end (Bergstra and Bengio, "Random Search", 2012)."""

from __future__ import annotations

from models.search.base import Draw, Job, Search


class RandomSearch(Search):
    """Trials of `most` steps."""

    def __init__(self, draw: Draw, budget: int, most: int = 27):
        super().__init__(draw, budget)
        self.most = most

    def next(self) -> Job:
        """Return a new trial."""
        return self.begun(self.most)

    def heard(self, job: Job, loss: float) -> None:
        """Decide nothing."""
