"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.digits.model import DigitModel


def random_answer(model: DigitModel, seed: int) -> ToOthers:
    """Give each answer to another image."""
    return ToOthers(model, seed, "answers")
