"""Paths as a Markov chain: the probability to convert, and how much of it is lost when a channel is taken out.

Anderl et al., "Mapping the customer journey" (2016). The chain is of the first order; a path that reaches a channel
that was taken out ends without a conversion.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

START, BOUGHT, LEFT = "(start)", "(bought)", "(left)"
Path = Sequence[str]


class Chain:
    """The probabilities of each step from one channel to the next."""

    def __init__(self, paths: Sequence[Path], bought: Sequence[bool]):
        """paths: the channels of each customer, in their order; none may be empty. bought: how each ended."""
        counts: Counter[tuple[str, str]] = Counter()
        for path, won in zip(paths, bought, strict=True):
            stops = [START, *path, BOUGHT if won else LEFT]
            counts.update(itertools.pairwise(stops))
        self.channels = sorted({name for path in paths for name in path})
        self.states = [START, *self.channels]
        places = {name: place for place, name in enumerate([*self.states, BOUGHT, LEFT])}
        table = np.zeros((len(self.states), len(places)))
        for (before, after), count in counts.items():
            table[places[before], places[after]] += count
        self.steps = table / np.maximum(table.sum(axis=1, keepdims=True), 1)

    def conversion(self, without: Collection[str] = ()) -> float:
        """Return the probability to end in a purchase from the start, when some channels lead nowhere.

        (I - Q)^-1 R: Kemeny and Snell, "Finite Markov Chains" (1960), theorem 3.3.7.
        """
        kept = [place for place, name in enumerate(self.states) if name not in without]
        inside = self.steps[np.ix_(kept, kept)]
        bought = self.steps[kept, len(self.states)]
        return float(np.linalg.solve(np.eye(len(kept)) - inside, bought)[0])

    def removal(self) -> dict[str, float]:
        """Return the share of the conversions that is lost without each channel."""
        whole = self.conversion()
        return {name: 1 - self.conversion([name]) / whole for name in self.channels}
