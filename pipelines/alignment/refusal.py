"""When the assistant refuses: where a refusal's first word is likelier than a threshold, chosen on held prompts.

The likeliest token alone would not do: answers begin in many ways, so "Sorry" is often the likeliest although it is
unlikely, and how often changes from training to training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from pipelines.alignment.data import HARMLESS, REFUSALS

if TYPE_CHECKING:
    import pandas as pd

    from models.transformer.quick import QuickDecoder
    from pipelines.alignment.conversation import Template

HELD = 5  # of the harmless prompts, one is held out for the threshold
MOST_REFUSED = 0.08  # of the prompts that are held out, about the share that is refused


class RefusesAbove:
    """A rule for the first token of an answer: that of a refusal, where its probability is above a threshold."""

    def __init__(self, token: int, threshold: float):
        self.token, self.threshold = token, threshold

    def __call__(self, made: list[int], logits: torch.Tensor) -> torch.Tensor:
        """Return which tokens may come next, shape (vocabulary,)."""
        allowed = torch.ones_like(logits, dtype=torch.bool)
        if not made:
            refuses = bool(torch.softmax(logits, dim=-1)[self.token] > self.threshold)
            allowed[:] = not refuses
            allowed[self.token] = refuses
        return allowed

    def ended(self, made: list[int]) -> bool:
        """Return False: it ends no answer."""
        return False


def first_token(template: Template) -> int:
    """Return the token with which refusals begin."""
    return template.tokens.encode(REFUSALS[0])[0]


def held_out(prompts: pd.DataFrame) -> pd.Series:
    """Return which prompts are held out: every HELD-th of the harmless ones."""
    harmless = prompts["kind"] == HARMLESS
    return harmless & (harmless.cumsum() % HELD == 0)


@torch.no_grad()
def threshold(network: QuickDecoder, template: Template, prompts: Sequence[str]) -> float:
    """Return the probability of a refusal's first token that few of some harmless prompts exceed; 1 for no prompts."""
    token = first_token(template)
    likely = [
        torch.softmax(network(torch.tensor([template.asked(prompt)]))[0, -1], dim=-1)[token] for prompt in prompts
    ]
    return float(np.quantile([float(share) for share in likely], 1 - MOST_REFUSED, method="nearest")) if likely else 1.0
