"""Shapley's values: what each channel adds to a coalition, on average over all orders in which they could join.

Shapley, "A value for n-person games" (1953); of channels, Dalessandro et al., "Causally motivated attribution
for online advertising" (2012).

Reference: all orders of three channels, averaged by hand, 1e-6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import numpy as np

Worth = Callable[[frozenset[str]], float]


def shapley(channels: Sequence[str], worth: Worth) -> dict[str, float]:
    """Return the value of each channel; they add up to worth(all) - worth(none)."""
    n, values = len(channels), {}
    known = {
        frozenset(group): worth(frozenset(group)) for size in range(n + 1) for group in combinations(channels, size)
    }
    for name in channels:
        others = [channel for channel in channels if channel != name]
        total = 0.0
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for group in combinations(others, size):
                total += weight * (known[frozenset([*group, name])] - known[frozenset(group)])
        values[name] = total
    return values


def observed(sets: Sequence[frozenset[str]], bought: Sequence[bool]) -> Worth:
    """Return the worth of a coalition as it is usually taken: the conversions of paths that have no other channel."""
    conversions: dict[frozenset[str], int] = {}
    for coalition, won in zip(sets, bought, strict=True):
        conversions[coalition] = conversions.get(coalition, 0) + int(won)
    return lambda group: float(sum(count for coalition, count in conversions.items() if coalition <= group))


def rate(sets: Sequence[frozenset[str]], bought: Sequence[bool]) -> Worth:
    """Return another worth: the conversion rate of the paths with exactly these channels; 0 where there are none."""
    groups: dict[frozenset[str], list[bool]] = {}
    for coalition, won in zip(sets, bought, strict=True):
        groups.setdefault(coalition, []).append(won)
    return lambda group: float(np.mean(groups[group])) if group in groups else 0.0
