"""Cross-validation for labels that take time: no training label reaches into the test, nor begins right after it.

The label of a day is known a month later, so a day next to the test shares most of its label with it. Source: Lopez de
Prado, "Advances in financial machine learning" (2018), chapter 7.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from capstan.errors import CapstanError


def folds(
    begun: np.ndarray, known: np.ndarray, count: int, embargo: np.timedelta64
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the places to train on and those to test on, for consecutive parts of time.

    begun, known: when each label begins and ends, shape (n,), in order of time. embargo: the time after a test in which
    no training label may begin. Purged are those that end after the test begins and begin before it ends.
    """
    if count < 2 or len(begun) < 2 * count:
        raise CapstanError(f"{len(begun)} rows cannot be parted into {count} folds of two or more.")
    for test in np.array_split(np.arange(len(begun)), count):
        before = known < begun[test[0]]
        after = begun > known[test].max() + embargo
        yield np.flatnonzero(before | after), test
