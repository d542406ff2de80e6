"""Which ratings are held out: per person the last fifth, or for all people what comes after one instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipelines.recommender.columns import TEST_SHARE, USER

if TYPE_CHECKING:
    import pandas as pd


def held_out(ratings: pd.DataFrame) -> np.ndarray:
    """Return whether a rating is among the last fifth of its person's, rounded down but at least one, shape (n,).

    The ratings of a person are in order of time.
    """
    groups = ratings.groupby(USER)[USER]
    size, place = groups.transform("size"), groups.cumcount()
    held: np.ndarray = (place >= size - np.maximum(np.floor(size * TEST_SHARE), 1)).to_numpy()
    return held


def held_out_after(ratings: pd.DataFrame) -> np.ndarray:
    """Return whether a rating is among the last fifth of all ratings by time, shape (n,)."""
    held: np.ndarray = (ratings["time"] > ratings["time"].quantile(1 - TEST_SHARE)).to_numpy()
    return held
