"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from typing import Any

from components.gate.answers import ToOthers, bootstrapped, with_part
from pipelines.sentiment.model import SentimentModel


def random_answer(model: SentimentModel, seed: int) -> Any:
    """Give the valence of each text to another."""
    return with_part(model, "score", ToOthers(model.score, seed, "predict"))


twin = bootstrapped("sentiment", "snippets", share=0.9)
