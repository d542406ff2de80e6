"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.house_price.model import HouseModel


def random_answer(model: HouseModel, seed: int) -> ToOthers:
    """Give each price, with its interval, to another house."""
    return ToOthers(model, seed, "prices")
