"""A funnel: how many sessions reach each step, how many of these the next one, with intervals."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from data_sets.shop_sessions import SEVERAL

if TYPE_CHECKING:
    import pandas as pd

NORMAL = 1.959963984540054  # 97.5 % of a normal distribution
START = "a session"


class Step(NamedTuple):
    """A step: how many reach it, and the share of those of the step before, who went on to it, with its interval."""

    name: str
    reached: int
    share: float
    low: float
    high: float


def steps(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return step -> which sessions reach it, shape (n,). Each is counted only where all steps before it are."""
    reaches = {
        START: np.ones(len(rows), dtype=bool),
        "a product page": (rows["ProductRelated"] > 0).to_numpy(),
        "a second page": (rows["pages"] > 1).to_numpy(),
        f"more than {SEVERAL} product pages": (rows["ProductRelated"] > SEVERAL).to_numpy(),
        "a page of value": (rows["PageValues"] > 0).to_numpy(),
        "a purchase": rows["bought"].to_numpy(),
    }
    so_far, reached = np.ones(len(rows), dtype=bool), {}
    for name, mask in reaches.items():
        so_far = reached[name] = so_far & mask
    return reached


def wilson(events: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share: Wilson, "Probable inference" (1927)."""
    share, z2 = events / trials, NORMAL**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    width = NORMAL * np.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return float(middle - width), float(middle + width)


def funnel(reaches: dict[str, np.ndarray]) -> list[Step]:
    """Return the steps after the first one. reaches: of `steps`."""
    counts = {name: int(mask.sum()) for name, mask in reaches.items()}
    names, stages = list(counts), []
    for before, name in itertools.pairwise(names):
        low, high = wilson(counts[name], counts[before])
        stages.append(Step(name, counts[name], counts[name] / counts[before], low, high))
    return stages
