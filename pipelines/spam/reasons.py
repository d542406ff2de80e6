"""Which parts of a message speak for spam, and which against it: the linear score, divided up exactly.

MiniLM's vector is the mean over its pieces of words, so its part is a sum over them as well; but a piece has read the
others. Its marks of begin and end are spread evenly over the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from models.text.hashed_tfidf import shared
from models.text.text_grams import Gram
from pipelines.spam import grams
from pipelines.spam.scores import Machine, Meant

SHOWN = 5  # reasons for, and as many against
LEAST = 0.01  # log-odds; less is no reason


class Place(NamedTuple):
    """A place in a message."""

    start: int
    end: int


def effects(score: Machine, text: str) -> tuple[list[Gram], np.ndarray]:
    """Return the runs of a text, and what each adds to the score, shape (runs,)."""
    kinds = (grams.words(text), grams.characters(text))
    found, added, start = [], [], 0
    for runs, part, tfidf in zip(kinds, grams.counts_of(kinds), score.tfidf, strict=True):
        width = part.shape[1]
        weights = score.weights[start : start + width][part.indices]
        added.append(shared([run.name for run in runs], part, tfidf.transform(part), weights))
        found += runs
        start += width
    return found, np.concatenate(added)


def of_pieces(
    score: Meant, text: str, pieces: np.ndarray, spans: Sequence[tuple[int, int]]
) -> tuple[list[Place], np.ndarray]:
    """Return the places of MiniLM's pieces, and what each adds to the score beyond the mean message, shape (pieces,).

    pieces: their products with `score.direction`. With `effects` and the intercept the sum is the score.
    """
    places = [Place(*span) if span[1] > span[0] else Place(0, len(text)) for span in spans]
    return places, pieces - score.centre @ score.direction / len(pieces)


def strongest(text: str, runs: list[Gram], values: np.ndarray) -> list[dict[str, Any]]:
    """Return the runs that say most for spam and most against it, each place of the text once, the strongest first."""
    totals: dict[str, float] = {}
    places: dict[str, list[Gram]] = {}
    for run, value in zip(runs, values.tolist(), strict=True):
        totals[run.name] = totals.get(run.name, 0.0) + value
        places.setdefault(run.name, []).append(run)
    chosen: list[dict[str, Any]] = []
    for sign in (1, -1):
        taken, count = np.zeros(len(text), bool), 0
        for name in sorted(totals, key=lambda word: -sign * totals[word]):
            if count == SHOWN or sign * totals[name] < LEAST:
                break
            if not any(taken[run.start : run.end].any() for run in places[name]):
                for run in places[name]:
                    taken[run.start : run.end] = True
                chosen.append({"found": shown(text, places[name][0]), "effect": totals[name]})
                count += 1
    return sorted(chosen, key=lambda reason: -abs(reason["effect"]))


def shown(text: str, run: Gram) -> str:
    """Return a run as a person reads it: as it is spelled, and what shape it has."""
    spelled = text[run.start : run.end]
    if run.name.startswith("<") and run.name.endswith(">"):
        return f"{spelled} ({run.name[1:-1].removesuffix('s') if run.name == '<1 digits>' else run.name[1:-1]})"
    return f"{spelled} (any digits)" if any(map(str.isdigit, spelled)) else spelled
