"""Moments in histories, for the two towers to learn from: what was rated before, and soon after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.recommender.histories import WEIGHTINGS, Histories

NEXT = 10  # films after a moment that are to be predicted
BEFORE = 60  # films before it that are looked at; older ones weigh next to nothing
WEIGHTING = "recent"


@dataclass
class Sample:
    """Moments in histories: what was rated before (films, their weights, where each moment starts) and soon after."""

    films: np.ndarray
    weights: np.ndarray
    starts: np.ndarray
    after: np.ndarray  # shape (n, NEXT), -1 where the history ends


def moments(past: Histories, place: np.ndarray, count: int, rng: np.random.Generator) -> Sample:
    """Return `count` moments of each history that is long enough. place: film -> row of the embeddings, -1 for none."""
    films, weights, starts, after = [], [], [0], []
    for rated in past.films:
        known = place[rated]
        known = known[known >= 0]
        if len(known) < 4:
            continue
        for at in rng.integers(2, len(known), count):
            before = known[max(0, at - BEFORE) : at]
            weight = WEIGHTINGS[WEIGHTING](np.arange(len(before))[::-1], None)
            films.append(before)
            weights.append(weight / weight.sum())
            starts.append(starts[-1] + len(before))
            after.append(np.pad(known[at : at + NEXT], (0, max(0, NEXT - len(known) + at)), constant_values=-1))
    return Sample(np.concatenate(films), np.concatenate(weights), np.array(starts[:-1]), np.array(after))
