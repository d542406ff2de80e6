"""The memory of keys and values that a decoder's streams share, in pages.

A stream holds pages, not one long block, so memory is lost to no gaps. Streams that begin alike share the pages of
their beginning. Source: Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention"
(2023).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch

from models.transformer.decoder import Shape

Key = tuple[int, tuple[int, ...]]  # of a page: the page before it, and its tokens
FIRST = -1  # there is none before it; less for each adapter, see `models.transformer.adapters`


class Pages:
    """Keys and values of so many pages, each of `size` tokens.

    A page is free, held by one or more streams, or kept: held by none, but full of tokens that the next stream may
    begin with. What was kept longest goes first.
    """

    def __init__(self, shape: Shape, count: int, size: int = 16):
        each = (shape.layers, count * size, shape.groups, shape.size)
        self.keys, self.values = torch.zeros(each), torch.zeros(each)
        self.count, self.size = count, size
        self._free = list(range(count))
        self._holders = [0] * count
        self._key: dict[int, Key] = {}
        self._page: dict[Key, int] = {}
        self._kept: OrderedDict[int, None] = OrderedDict()

    @property
    def available(self) -> int:
        """Return how many pages can be taken."""
        return len(self._free) + len(self._kept)

    @property
    def kept(self) -> int:
        """Return how many pages no stream holds, and a later one may share."""
        return len(self._kept)

    def take(self, count: int) -> list[int]:
        """Return so many pages, which are then held once. There must be as many available."""
        taken = []
        for _ in range(count):
            page = self._free.pop() if self._free else self._forget()
            self._holders[page] = 1
            taken.append(page)
        return taken

    def share(self, tokens: Sequence[int], adapter: int = 0) -> list[int]:
        """Return the pages that hold the beginning of a text, which are then held once more.

        The last token is not among them: it has to be computed, for what comes after it. adapter: of the network that
        reads the text; keys and values of another one are others.
        """
        pages: list[int] = []
        for start in range(0, len(tokens) - self.size, self.size):
            page = self._page.get(self._of(pages, tokens, start, adapter))
            if page is None:
                break
            self._holders[page] += 1
            self._kept.pop(page, None)
            pages.append(page)
        return pages

    def name(self, pages: Sequence[int], tokens: Sequence[int], first: int = 0, adapter: int = 0) -> None:
        """State which tokens the full pages of a stream hold, from the one numbered `first` on.

        A page gets no name where another one has it already, and then no page after it does.
        """
        for number in range(first, len(tokens) // self.size):
            page, known = pages[number], number == 0 or pages[number - 1] in self._key
            key = self._of(pages[:number], tokens, number * self.size, adapter)
            if not known or self._page.setdefault(key, page) != page:
                return
            self._key[page] = key

    def release(self, pages: Sequence[int]) -> None:
        """Give up the pages of a stream that ended. Those with a name are kept.

        The last ones are forgotten first: a page never outlives the page before it, which is a part of its name.
        """
        for page in reversed(pages):
            self._holders[page] -= 1
            if self._holders[page]:
                continue
            if page in self._key:
                self._kept[page] = None
            else:
                self._free.append(page)

    def _of(self, before: Sequence[int], tokens: Sequence[int], start: int, adapter: int) -> Key:
        return before[-1] if before else FIRST - adapter, tuple(tokens[start : start + self.size])

    def _forget(self) -> int:
        page, _ = self._kept.popitem(last=False)
        del self._page[self._key.pop(page)]
        return page
