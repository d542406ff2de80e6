"""What the gate is tried on: random answers, which it must reject."""

from components.gate.answers import ToOthers
from pipelines.credit_risk.model import CreditModel


def random_answer(model: CreditModel, seed: int) -> ToOthers:
    """Give each log-odds to another row."""
    return ToOthers(model, seed, "margin")
