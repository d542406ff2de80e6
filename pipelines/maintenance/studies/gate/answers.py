"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.maintenance.model import FleetModel


def random_answer(model: FleetModel, seed: int) -> ToOthers:
    """Give each prediction to another engine."""
    return ToOthers(model, seed, "outlook")
