"""Names out of BIO tags, and their F1: `B-person` begins a person, `I-person` goes on with it.

Source: Tjong Kim Sang and De Meulder, "Introduction to the CoNLL-2003 Shared Task" (2003); names are read as its script
`conlleval` reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

OUTSIDE = "O"
Tokens = Sequence[str]


class Entity(NamedTuple):
    """A name: its first token, the one behind its last, and its kind."""

    start: int
    end: int
    kind: str


def entities(tags: Sequence[str]) -> list[Entity]:
    """Return the names that tags say, as `conlleval` reads them: an `I-` after another kind begins one."""
    names: list[Entity] = []
    kind, start = "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        own = tag[2:]
        if kind and (tag[0] != "I" or own != kind):
            names.append(Entity(start, place, kind))
            kind = ""
        if not kind and own:
            kind, start = own, place
    return names


def hits(true: Sequence[Tokens], predicted: Sequence[Tokens]) -> np.ndarray:
    """Return of each sentence how many names are right, said, and there, shape (n, 3): kind and both ends count."""
    found = [(set(entities(truth)), set(entities(guess))) for truth, guess in zip(true, predicted, strict=True)]
    return np.array([(len(truth & guess), len(guess), len(truth)) for truth, guess in found], float).reshape(-1, 3)


def f1(counts: np.ndarray) -> float:
    """Return the F1 of names. counts: as `hits` returns them."""
    right, predicted, there = counts.sum(axis=0)
    return float(2 * right / max(predicted + there, 1))
