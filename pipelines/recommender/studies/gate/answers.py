"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from typing import Any

from components.gate.answers import ToOthers, bootstrapped, with_part
from pipelines.recommender.model import Recommender


def random_answer(model: Recommender, seed: int) -> Any:
    """Give the scores of each person to another."""
    return with_part(model, "served", ToOthers(model.served, seed, "scores"))


twin = bootstrapped("recommender", "people", share=0.9)  # two of the same person would find each other
