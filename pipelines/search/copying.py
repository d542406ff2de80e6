"""What SmolLM2 may say: words in a row of what it has read, so that a small model copies where it would talk."""

from __future__ import annotations

from collections.abc import Sequence

import torch


class Copying:
    """Which token may come next, for `models.transformer.streams.Stream.allowed`."""

    def __init__(self, passages: Sequence[Sequence[int]], end: int, vocabulary: int):
        """passages: their tokens. end: the token after an answer."""
        self.passages, self.end, self.vocabulary = passages, end, vocabulary

    def __call__(self, made: list[int]) -> torch.Tensor:
        """Return the tokens that continue a stretch of a passage, or end it, shape (vocabulary,), bool."""
        allowed = torch.zeros(self.vocabulary, dtype=torch.bool)
        count = len(made)
        allowed[self.end] = bool(made)
        for tokens in self.passages:
            starts = range(len(tokens) - count)
            follows = [tokens[at + count] for at in starts if list(tokens[at : at + count]) == made]
            allowed[follows] = True
        return allowed
