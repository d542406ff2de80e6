"""Direct preference optimization: of two answers, the better one becomes likelier compared with where it began.

Source: Rafailov et al., "Direct Preference Optimization" (2023), equation 7.

Reference: the equation by hand, within 1e-6.
"""

from __future__ import annotations

import torch
from torch.nn import functional

BETA = 0.1  # how much a distance from where it began costs


def dpo(
    better: torch.Tensor, worse: torch.Tensor, better_before: torch.Tensor, worse_before: torch.Tensor
) -> torch.Tensor:
    """Return the mean loss of pairs: log probabilities of whole answers, now and before the tuning, (n,) each."""
    gained = (better - better_before) - (worse - worse_before)
    return -functional.logsigmoid(BETA * gained).mean()
