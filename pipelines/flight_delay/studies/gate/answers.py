"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from models.trees.booster import CalibratedBooster


def random_answer(model: CalibratedBooster, seed: int) -> ToOthers:
    """Give each probability to another flight."""
    return ToOthers(model, seed, "probability")
