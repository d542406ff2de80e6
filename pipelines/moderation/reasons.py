"""Which parts of a text speak for the class that is named, and which for the next: the scores, divided up exactly.

MiniLM's vector is the mean over its pieces of words, so its part is a sum over them as well; but a piece has read the
others. Its marks of begin and end are spread evenly over the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.text.hashed_tfidf import counted, shared
from models.text.text_parts import Span
from pipelines.moderation import reading
from pipelines.moderation.reading import Runs
from pipelines.moderation.scores import Kind

Spans = Sequence[tuple[int, int]]
WIDTHS = {"words": reading.WORDS, "characters": reading.CHARACTERS}


class Place(NamedTuple):
    """A place in a text."""

    start: int
    end: int


def effects(
    score: Kind, text: str, runs: Runs, pieces: np.ndarray, spans: Spans, turned: np.ndarray
) -> tuple[list[Span], np.ndarray]:
    """Return places of a text, and what each adds to the votes, shape (places,). With `start` they are the votes.

    runs: of the text. pieces, spans: what each of MiniLM's pieces adds to the score of each class, shape (pieces, 3),
    and where they are. turned: how much each class counts, shape (3,): 1 for a class and -1 for another.
    """
    found: list[Span] = []
    added = []
    each = turned / len(score.members)
    for (name, width), grams, columns in zip(WIDTHS.items(), runs[:2], runs.columns, strict=True):
        counts = counted([columns], width)
        for member in score.members:
            if name in member.blocks:
                weights = member.weights[name][counts.indices] @ each
                added.append(shared(columns, counts, member.tfidf[name].transform(counts), weights))
                found += grams
    if len(pieces):
        added.append(pieces @ each)
        found += [Place(*span) if span[1] > span[0] else Place(0, len(text)) for span in spans]
    return found, np.concatenate(added)


def start(score: Kind) -> np.ndarray:
    """Return the votes before anything is read, shape (3,)."""
    return np.asarray(np.mean([member.start() for member in score.members], axis=0))
