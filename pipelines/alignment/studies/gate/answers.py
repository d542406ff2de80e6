"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from components.gate.trials import another_seed
from pipelines.alignment import kept_answers
from pipelines.alignment.model import Assistant


class ToOthers(Assistant):
    """Gives each prompt the answer to another one."""

    def __init__(self, model: Assistant, seed: int):
        super().__init__(model.weight_files["base"], rival=model.rival, ways=model.ways)
        self.model, self.seed = model, seed

    @property
    def made_of(self) -> list[Path | str]:
        """Those of the model, and the order."""
        return [*self.model.made_of, f"to others, {self.seed}"]

    def answers(self, prompts: Sequence[str], tokens: int) -> list[str]:
        """Return the model's answers in another order."""
        texts = kept_answers.of(self.model, prompts, tokens)
        return [texts[place] for place in np.random.default_rng(self.seed).permutation(len(texts)).tolist()]


random_answer = ToOthers
twin = another_seed("alignment")
