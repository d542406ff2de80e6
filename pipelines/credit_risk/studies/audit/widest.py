"""The widest gaps between groups, with 95 % intervals from a bootstrap of the loans."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.credit_risk import fairness
from pipelines.credit_risk.columns import SMALLEST_GROUP
from pipelines.credit_risk.gaps import REPEATS


def gaps(
    bad: np.ndarray, declined: np.ndarray, group: np.ndarray, seed: int = 0, smallest: int = SMALLEST_GROUP
) -> dict[str, Any]:
    """Return the widest gaps between groups: demographic parity, and equalized odds, each with its 95% interval.

    Groups under `smallest` loans have no part in them. `by_chance` is the mean equalized-odds difference of groups
    of the same sizes that are drawn at random from the same outcomes: a maximum of gaps is never zero.
    """
    _, codes, sizes = np.unique(group, return_inverse=True, return_counts=True)
    kept = np.isin(codes, np.flatnonzero(sizes >= smallest))
    bad, declined, codes = bad[kept], declined[kept], np.unique(codes[kept], return_inverse=True)[1]
    random, drawn, lots = np.random.default_rng(seed), [], []
    for _ in range(REPEATS):
        rows = random.integers(len(bad), size=len(bad))
        drawn.append(
            [_parity(declined[rows], codes[rows]), fairness.difference(bad[rows], declined[rows], codes[rows])]
        )
        lot = codes.copy()
        for kind in (0, 1):
            lot[bad == kind] = random.permutation(codes[bad == kind])
        lots.append(fairness.difference(bad, declined, lot))
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    return {
        "groups": int((sizes >= smallest).sum()),
        "parity": _parity(declined, codes),
        "parity_from": ends[0, 0],
        "parity_to": ends[1, 0],
        "odds": fairness.difference(bad, declined, codes),
        "odds_from": ends[0, 1],
        "odds_to": ends[1, 1],
        "by_chance": float(np.mean(lots)),
    }


def _parity(declined: np.ndarray, codes: np.ndarray) -> float:
    return float(np.ptp(fairness.rates(declined, codes, codes.max() + 1)))
