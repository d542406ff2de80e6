"""Which token of several bytes may come next in a text that has to keep a grammar of bytes.

To try a whole vocabulary takes too long in Python, so the likeliest tokens are tried, and those of one byte, of which
one always leads on. What it makes is right; a token that is neither does not come, even if the grammar has it.

Reference: jsonschema.validate, which accepts each text that is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from models.grammar.json_grammar import Node, Stack, after, left, next_bytes, ways
from models.grammar.json_guide import NEWLINE

LIKELY = 200  # tokens that are tried besides those of one byte


class TokenGuide:
    """Follows one text as it grows, a token at a time; what was read once is not read again."""

    def __init__(self, grammar: Node, bytes_of: Mapping[int, bytes], ends: Sequence[int], most: int):
        """bytes_of: of each token that may come. ends: the tokens after a text that is complete.

        most: the tokens that the text may have. It takes no way that cannot end by then, if the grammar has one.
        """
        self.bytes_of, self.ends, self._most = bytes_of, ends, most
        self._bytes = [token for token, content in bytes_of.items() if len(content) == 1]
        self._ways, self._read = ways([(grammar, 0, None)]), 0

    def __call__(self, made: Sequence[int], logits: torch.Tensor) -> torch.Tensor:
        """Return which token may follow, shape (vocabulary,), bool. Raises ValueError for a text that was not."""
        self._follow(made)
        room = self._most - len(made) - 1
        tried = dict.fromkeys([*logits.topk(min(LIKELY, len(logits))).indices.tolist(), *self._bytes])
        found = {token: self._after(self.bytes_of[token]) for token in tried if token in self.bytes_of}
        open_ways = {token: state for token, state in found.items() if state}
        in_time = [token for token, state in open_ways.items() if any(left(way) <= room for way in state)]
        allowed = torch.zeros(len(logits), dtype=torch.bool)
        allowed[in_time or [*open_ways]] = True
        allowed[[*self.ends]] = None in self._ways
        return allowed

    def ended(self, made: Sequence[int]) -> bool:
        """Return whether the text is complete, and nothing but a newline may follow."""
        self._follow(made)
        return None in self._ways and not next_bytes(self._ways) & ~NEWLINE

    def _follow(self, made: Sequence[int]) -> None:
        for token in made[self._read :]:
            if token not in self.ends:
                self._ways = self._after(self.bytes_of[token])
            if not self._ways:
                raise ValueError(f"Token {token} at {self._read} is not allowed by the grammar.")
            self._read += 1

    def _after(self, content: bytes) -> dict[Stack, None]:
        state = self._ways
        for byte in content:
            if not (state := after(state, byte)):
                break
        return state
