"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from typing import Any

from components.gate.answers import ToOthers, bootstrapped, with_part
from pipelines.moderation.model import ModerationModel


def random_answer(model: ModerationModel, seed: int) -> Any:
    """Give the scores of each tweet to another."""
    return with_part(model, "score", ToOthers(model.score, seed, "scores", "votes"))


twin = bootstrapped("moderation", "tweets", share=0.9)
