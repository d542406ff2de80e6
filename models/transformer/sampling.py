"""Which token comes next: temperature, top-k, top-p, min-p and penalties, for many streams at once.

Sources: Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020), for top-p; Nguyen et al., "Turning Up
the Heat: Min-p Sampling" (2024).

Reference: the definitions by hand over 5,000 tokens, probabilities within 0.1 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

PENALTIES = ("presence", "frequency")
FEW = 1_000  # tokens among which those that filters keep usually are


@dataclass(frozen=True)
class Sampling:
    """How a stream chooses its tokens.

    temperature: 0 takes the likeliest. top_k: of the likeliest so many, 0 for all. top_p: of the likeliest that have
    this share together. min_p: of those that have this share of the likeliest one's. presence, frequency: what a token
    loses, in logits, when it was there, and for each time.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    presence: float = 0.0
    frequency: float = 0.0


def shares(logits: torch.Tensor, how: Sequence[Sampling], counts: torch.Tensor | None = None) -> torch.Tensor:
    """Return the probability with which each token is drawn, shape (n, vocabulary).

    logits: (n, vocabulary), -inf for what may not come. how: of each row. counts: (n, vocabulary), how often each token
    was there; needed by penalties alone.
    """
    if counts is not None:
        presence, frequency = (_column([getattr(sampling, name) for sampling in how], logits) for name in PENALTIES)
        logits = logits - presence * (counts > 0) - frequency * counts
    temperature = _column([sampling.temperature for sampling in how], logits)
    greedy = temperature == 0
    logits = logits / temperature.masked_fill(greedy, 1.0)
    some = any(sampling.temperature and (sampling.top_k or sampling.top_p < 1 or sampling.min_p) for sampling in how)
    share = _filtered(logits, how) if some else torch.softmax(logits, dim=-1)
    if greedy.any():
        best = torch.zeros_like(share).scatter(-1, logits.argmax(dim=-1, keepdim=True), 1.0)
        share = torch.where(greedy, best, share)
    return share


def _filtered(logits: torch.Tensor, how: Sequence[Sampling]) -> torch.Tensor:
    """Return the shares after top-k, top-p and min-p. A large vocabulary is sorted only where few tokens do not do."""
    whole, total = logits.shape[-1], logits.logsumexp(dim=-1, keepdim=True)
    most = _column([sampling.top_k or whole for sampling in how], logits)
    top_p, min_p = (_column([getattr(sampling, name) for sampling in how], logits) for name in ("top_p", "min_p"))
    for count in (min(FEW, whole), whole):
        ordered, tokens = logits.topk(count, dim=-1)
        share = (ordered - total).exp()
        before = share.cumsum(dim=-1) - share
        kept = (torch.arange(count, device=logits.device) < most) & (before < top_p) & (share >= min_p * share[:, :1])
        if not kept[:, -1].any():
            break
    share = share * kept
    return torch.zeros_like(logits).scatter(-1, tokens, share / share.sum(dim=-1, keepdim=True))


def draw(chances: torch.Tensor, numbers: Sequence[float]) -> torch.Tensor:
    """Return a token for each row, shape (n,): where the sum of the probabilities passes a random number from 0 to 1.

    Each stream brings its own number, so what it draws does not depend on the streams next to it.
    """
    passed = chances.double().cumsum(dim=-1)
    wanted = torch.tensor(numbers, dtype=torch.double, device=chances.device)[:, None] * passed[:, -1:]
    return torch.searchsorted(passed, wanted, right=True).squeeze(-1).clamp(max=chances.shape[-1] - 1)


def _column(values: list[float], like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None]
