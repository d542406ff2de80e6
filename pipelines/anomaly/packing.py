"""The state of a stream as a list of numbers, as the feature store keeps it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from pipelines.anomaly.detector import BINS, Range, State

PLAIN = [
    "count",
    "time",
    "last",
    "mean",
    "usual",
    "distance",
    "jump",
    "lately",
    "usually",
    "spread",
    "peak",
    "age",
    "alerted",
]
RANGES = ["values", "distances"]
SIZE = len(PLAIN) + 2 * len(RANGES) + BINS
UNKNOWN = -1e300  # what is not known yet: a feature store may take NaN for missing


def pack(state: State) -> list[float]:
    """Return a state as SIZE numbers."""
    ranges = [end for name in RANGES for end in (getattr(state, name).low, getattr(state, name).high)]
    numbers = [float(getattr(state, name)) for name in PLAIN] + ranges + state.day
    return [number if number == number else UNKNOWN for number in numbers]  # NaN alone is not itself


def unpack(numbers: Sequence[float]) -> State:
    """Return the state of SIZE numbers. Raises ValueError for another number of them."""
    if len(numbers) != SIZE:
        raise ValueError(f"a state has {SIZE} numbers, not {len(numbers)}")
    known = [nan if number == UNKNOWN else number for number in numbers]
    state = State()
    for name, number in zip(PLAIN, known, strict=False):
        setattr(state, name, number)
    ends = known[len(PLAIN) :]
    state.values, state.distances = Range(*ends[:2]), Range(*ends[2:4])
    state.day = ends[4:]
    return state
