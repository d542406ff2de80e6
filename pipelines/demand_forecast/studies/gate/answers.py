"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.demand_forecast.model import DemandModel


def random_answer(model: DemandModel, seed: int) -> ToOthers:
    """Give each forecast to another day."""
    return ToOthers(model, seed, "forecast")
