"""What the gate is tried on: random answers, which it must reject."""

from collections.abc import Sequence
from typing import Any

from components.gate.answers import elsewhere
from pipelines.language_model.model import LanguageModel


class Elsewhere(LanguageModel):
    """The decoder, which predicts each byte with what it expects at another one. It writes no text."""

    seed = 0

    @property
    def decoder(self) -> Any:
        """The network."""
        return elsewhere(super().decoder, self.seed)

    def continued(self, prompts: Sequence[str], tokens: int) -> list[str]:
        """Return no texts."""
        return [""] * len(prompts)


def random_answer(model: LanguageModel, seed: int) -> LanguageModel:
    """Predict each byte with what is expected at another one."""
    shuffled = Elsewhere(model.shape, model.artifacts["network"], model.artifacts["learned"])
    shuffled.seed = seed
    return shuffled
