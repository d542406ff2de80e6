"""Packing: documents of many lengths become windows of one length.

`concatenated` wastes nothing and cuts documents wherever a window ends. `best_fit` cuts those alone that are longer
than a window, and fills what is left of a window: Ding et al., "Fewer Truncations Improve Language Modeling" (2024).
`padded` gives each document windows of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Packed:
    """Windows of tokens, shape (n, length); the tokens of padding, and those left out; the documents that are cut."""

    windows: np.ndarray
    padding: int
    lost: int
    cut: int


def concatenated(documents: Sequence[np.ndarray], length: int, end: int) -> Packed:
    """Return documents one after the other, `end` after each; the last window is left out where it is not full."""
    whole = np.concatenate([np.empty(0, np.int64), *(piece for document in documents for piece in (document, [end]))])
    count = len(whole) // length
    borders = np.cumsum([len(document) + 1 for document in documents])
    starts = np.concatenate([[0], borders[:-1]])[: len(documents)]
    cut = int((starts // length != (borders - 1) // length).sum())
    return Packed(whole[: count * length].reshape(count, length).astype(np.int64), 0, len(whole) - count * length, cut)


def padded(documents: Sequence[np.ndarray], length: int, end: int, pad: int) -> Packed:
    """Return windows of one document each, `end` after it and then padding."""
    return filled([[piece] for piece in pieces(documents, length, end)], documents, length, pad)


def best_fit(documents: Sequence[np.ndarray], length: int, end: int, pad: int) -> Packed:
    """Return windows of whole documents: the longest first, each into the window that it leaves the least room in."""
    windows: list[list[np.ndarray]] = []
    rooms: list[list[int]] = [[] for _ in range(length + 1)]  # how many tokens still fit -> such windows
    open_rooms = 0  # a bit for each room that a window has
    for piece in sorted(pieces(documents, length, end), key=len, reverse=True):
        fitting = open_rooms >> len(piece)
        if fitting:
            room = len(piece) + (fitting & -fitting).bit_length() - 1
            place = rooms[room].pop()
            if not rooms[room]:
                open_rooms &= ~(1 << room)
            windows[place].append(piece)
        else:
            room, place = length, len(windows)
            windows.append([piece])
        left = room - len(piece)
        rooms[left].append(place)
        open_rooms |= 1 << left if left else 0
    return filled(windows, documents, length, pad)


def pieces(documents: Sequence[np.ndarray], length: int, end: int) -> Iterator[np.ndarray]:
    """Yield documents with their end, in parts where they are longer than a window."""
    for document in documents:
        whole = np.append(document, end).astype(np.int64)
        yield from (whole[start : start + length] for start in range(0, len(whole), length))


def filled(windows: Sequence[Sequence[np.ndarray]], documents: Sequence[np.ndarray], length: int, pad: int) -> Packed:
    """Return windows of some pieces each, filled up with padding."""
    tokens = np.full((len(windows), length), pad, np.int64)
    for row, parts in zip(tokens, windows, strict=True):
        whole = np.concatenate(parts)
        row[: len(whole)] = whole
    padding = tokens.size - sum(len(document) + 1 for document in documents)
    return Packed(tokens, padding, 0, sum(len(document) + 1 > length for document in documents))
