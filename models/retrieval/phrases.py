"""Which documents have some words one after another.

Reference: all documents read token by token, exactly.
"""

from __future__ import annotations

import numpy as np

from models.retrieval.postings import ROOM
from models.retrieval.queries import Phrase
from models.retrieval.segment import Segment


def having(segment: Segment, phrase: Phrase) -> np.ndarray:
    """Return which documents have the phrase, booleans, shape (documents,).

    Each occurrence of a term becomes the place where the phrase would begin; what all terms share is where it does.
    """
    found = np.zeros(len(segment.keys), bool)
    starts: np.ndarray | None = None
    for term, distance in phrase.terms:
        if term not in segment.numbers:
            return found
        owners, positions = segment.positions(term)
        places = owners * ROOM + positions - distance
        starts = places if starts is None else np.intersect1d(starts, places)
    assert starts is not None
    owners = starts // ROOM
    if phrase.field is not None:
        owners = owners[owners % segment.fields == phrase.field]
    found[owners // segment.fields] = True
    return found
