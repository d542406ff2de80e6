"""Several tokens from one step of a large network: a small model drafts them, and the large one accepts or corrects.

What comes out has the distribution of the large network alone. Source: Leviathan et al., "Fast Inference from
Transformers via Speculative Decoding" (2023), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from models.transformer.sampling import draw

Draft = Callable[
    [Sequence[Sequence[int]]], torch.Tensor
]  # texts so far -> the logits of each next token, (n, vocabulary)


def accepted(
    target: torch.Tensor, draft: torch.Tensor, drafted: Sequence[int], number: Callable[[], float]
) -> list[int]:
    """Return the drafted tokens as far as they are accepted, and one token more, of the large network.

    target: the shares of the large network at each place, (drafted + 1, vocabulary). draft: those that the tokens were
    drawn from, (drafted, vocabulary). number: returns random numbers from 0 to 1.
    """
    for place, token in enumerate(drafted):
        if number() * float(draft[place, token]) >= float(target[place, token]):
            left = (target[place] - draft[place]).clamp(min=0)
            return [*drafted[:place], int(draw(left[None], [number()]))]
    return [*drafted, int(draw(target[-1:], [number()]))]
