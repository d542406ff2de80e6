"""Which byte may come next in a text that has to keep a grammar, for `models.transformer.streams`.

Reference: jsonschema.validate, which accepts each text that is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from models.grammar.json_grammar import Node, after, left, next_bytes, ways

NEWLINE = 1 << 0x0A


class Guide:
    """Follows one text as it grows, a byte at a time; what was read once is not read again.

    most: the bytes that the text may have. It takes no way that cannot end by then, if the grammar has one that can.
    """

    def __init__(self, grammar: Node, most: int | None = None):
        self._ways, self._read, self._most = ways([(grammar, 0, None)]), 0, most

    def __call__(self, text: Sequence[int], logits: torch.Tensor | None = None) -> torch.Tensor:
        """Return which byte may follow, shape (256,), bool. Raises ValueError for a text that was not allowed."""
        self._follow(text)
        open_ways = list(self._ways)
        if self._most is not None:
            room = self._most - len(text)
            open_ways = [way for way in open_ways if left(way) <= room] or open_ways
        content = next_bytes(open_ways).to_bytes(32, "little")
        bits = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
        return torch.from_numpy(bits.view(np.bool_))

    def ended(self, text: Sequence[int]) -> bool:
        """Return whether the text is complete, and nothing but a newline may follow."""
        self._follow(text)
        return None in self._ways and not next_bytes(self._ways) & ~NEWLINE

    def _follow(self, text: Sequence[int]) -> None:
        for byte in text[self._read :]:
            self._ways = after(self._ways, byte)
            if not self._ways:
                raise ValueError(f"Byte {byte} at {self._read} is not allowed by the grammar.")
            self._read += 1
