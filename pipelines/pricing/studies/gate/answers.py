"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from typing import Any

from components.gate.answers import ToOthers, bootstrapped, with_part
from pipelines.pricing.model import PricingModel


def random_answer(model: PricingModel, seed: int) -> Any:
    """Give the forecast of each week and store to another."""
    return with_part(model, "demand", ToOthers(model.demand, seed, "forecast"))


twin = bootstrapped("pricing", "weeks")
