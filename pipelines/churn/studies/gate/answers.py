"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.churn.model import ChurnModel


def random_answer(model: ChurnModel, seed: int) -> ToOthers:
    """Give each log-odds to another row."""
    return ToOthers(model, seed, "margin")
