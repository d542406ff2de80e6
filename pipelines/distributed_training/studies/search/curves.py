"""`python -m pipelines.distributed_training.studies.search.curves`: learning curves, recorded once.

Searches can be compared on the very same trials, at no cost, and without torch.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from capstan.data.files import atomic_write
from models.search.base import Parameters

FILE = Path(__file__).with_suffix(".json")
TRIALS, STEPS = 200, 27
SEED = 1_000  # none that the study searches with


class Curves:
    """The parameters of each trial, and its losses after each step, shape (trials, steps)."""

    def __init__(self, parameters: list[Parameters], losses: list[list[float]]):
        self.parameters, self.losses = parameters, losses
        self.of = {tuple(trial.values()): row for trial, row in zip(parameters, losses, strict=True)}

    def draw(self, trial: int) -> Parameters:
        """Return the parameters of a trial."""
        return self.parameters[trial]

    def train(self, parameters: Parameters, state: Any, start: int, end: int) -> tuple[float, None]:
        """Return the loss that these parameters had at a step."""
        return self.of[tuple(parameters.values())][end - 1], None


def write(curves: Curves, file: Path = FILE) -> None:
    """Write curves, a trial per line."""
    rows = [
        json.dumps({"parameters": parameters, "losses": losses})
        for parameters, losses in zip(curves.parameters, curves.losses, strict=True)
    ]
    with atomic_write(file) as partial:
        partial.write_text("[\n" + ",\n".join(rows) + "\n]\n")


def read(file: Path = FILE) -> Curves:
    """Return the curves that were recorded."""
    rows = json.loads(file.read_text())
    return Curves([row["parameters"] for row in rows], [row["losses"] for row in rows])


def record() -> Curves:
    """Return new curves, of real trainings."""
    from pipelines.distributed_training.studies.search import network

    drawn = [network.draw(SEED, trial) for trial in range(TRIALS)]
    rounded = [{name: float(f"{value:.4g}") for name, value in parameters.items()} for parameters in drawn]
    return Curves(rounded, [*map(curve, rounded)])


def curve(parameters: Parameters) -> list[float]:
    """Return the loss after each step."""
    from pipelines.distributed_training.studies.search import network

    losses, state = [], None
    for step in range(STEPS):
        loss, state = network.train(parameters, state, step, step + 1)
        losses.append(float(f"{loss:.5g}"))
    return losses


if __name__ == "__main__":
    write(record())
