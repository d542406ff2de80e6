"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.spam.model import SpamModel


def random_answer(model: SpamModel, seed: int) -> ToOthers:
    """Give the log-odds of each message to another."""
    return ToOthers(model, seed, "margin")
