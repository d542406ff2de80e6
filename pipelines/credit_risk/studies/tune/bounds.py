"""How strict the thresholds by group are, chosen on the loans to train on.

For each pair of bounds: the differences and the cost against one threshold over boosting, out of fold. `policy.py` has
the pair that `best` returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from capstan.study import Line
from models.linear import platt
from pipelines.credit_risk import data, fairness, policy, training
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.costs import cost
from pipelines.credit_risk.splines import Splines
from pipelines.credit_risk.studies.compare import study as compare

EXTRA_COST = 0.0  # at most: no more than the reference
BOUNDS = (0.02, 0.04, 0.06, 0.08)  # of each attribute


def measure(rows: pd.DataFrame, seed: int) -> Iterator[Line]:
    """Yield a line per pair of bounds."""
    bad, by = rows[LABEL].to_numpy(), data.groups(rows)
    before = compare.decide(rows, compare.REFERENCE, "age", seed).declined
    pairs = list(product(BOUNDS, BOUNDS))
    declined = np.empty((len(pairs), len(rows)))
    for past, held in training.folds(bad, seed):
        known, later = rows.iloc[past], rows.iloc[held]
        margin = training.out_of_fold(known, bad[past], Splines, seed)
        slope, intercept = platt.line(margin, bad[past])
        log_odds = slope * Splines(seed).fit(known, bad[past]).margin(later) + intercept
        for place, (age, marital) in enumerate(pairs):
            fitted = policy.fit(slope * margin + intercept, bad[past], known, {"age": age, "marital": marital})
            declined[place, held] = log_odds >= fitted.limits(later)
    for (age, marital), after in zip(pairs, declined, strict=True):
        line = {"age": age, "marital": marital, "extra_cost": cost(bad, after) / cost(bad, before) - 1}
        for name, group in by.items():
            codes = np.unique(group, return_inverse=True)[1]
            old, new = (fairness.difference(bad, decided, codes) for decided in (before, after))
            line[f"ratio_{name}"] = new / old
        yield line


def best(results: pd.DataFrame) -> dict[str, float]:
    """Return the pair whose larger ratio is the smallest, among those that cost at most EXTRA_COST more.

    Raises CapstanError where there is none.
    """
    means = results.groupby(["age", "marital"])[["extra_cost", "ratio_age", "ratio_marital"]].mean()
    cheap = means[means["extra_cost"] <= EXTRA_COST]
    if cheap.empty:
        raise CapstanError(f"Every pair of bounds costs more than {EXTRA_COST:.1%} extra. Measure more seeds.")
    age, marital = cheap[["ratio_age", "ratio_marital"]].max(axis=1).idxmin()
    return {"age": float(age), "marital": float(marital)}
