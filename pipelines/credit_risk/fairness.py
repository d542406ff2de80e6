"""The audit: how the decisions treat groups of applicants.

Equalized odds asks that among those who would repay, every group is turned down equally often, and among those who
would not, too. Hardt et al., "Equality of opportunity in supervised learning" (2016).
tests/test_fairness.py checks the difference against fairlearn's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.metrics import bootstrap
from pipelines.credit_risk.costs import cost

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def difference(bad: np.ndarray, declined: np.ndarray, codes: np.ndarray) -> float:
    """Return the equalized-odds difference: the larger of the widest gaps between groups in the two decline rates.

    bad, declined: 0 or 1, shape (n,); declined may lie between, for a random decision. codes: the group of each row.
    """
    kinds = [rates(declined[bad == kind], codes[bad == kind], codes.max() + 1) for kind in (0, 1)]
    return float(max(map(np.ptp, kinds)))


def influence_by_loan(bad: np.ndarray, declined: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return a value per loan, shape (n,): their mean is the difference, their variance / n its sampling variance.

    The values are the difference and the influence of the loan on it (see `models.metrics.paired`), through the two
    groups that are furthest apart.
    """
    kinds = [rates(declined[bad == kind], codes[bad == kind], codes.max() + 1) for kind in (0, 1)]
    kind = int(np.argmax([np.ptp(kinds[0]), np.ptp(kinds[1])]))
    values = np.full(len(bad), np.ptp(kinds[kind]))
    for group, sign in ((kinds[kind].argmax(), 1), (kinds[kind].argmin(), -1)):
        loans = (bad == kind) & (codes == group)
        values[loans] += sign * (declined[loans] - kinds[kind][group]) * len(bad) / loans.sum()
    return values


def rates(declined: np.ndarray, codes: np.ndarray, groups: int) -> np.ndarray:
    """Return the share that is declined in each group, shape (groups,)."""
    return np.bincount(codes, declined, groups) / np.maximum(np.bincount(codes, minlength=groups), 1)


def intervals(
    bad: np.ndarray, before: np.ndarray, after: np.ndarray, codes: np.ndarray, repeats: int = 2_000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return 95% intervals of the difference `before`, `after`, and of their `ratio`, from a bootstrap of the rows.

    Both are computed on the same rows of each repeat. The ratio is NaN where `before` is 0, as when all are declined. A
    maximum of gaps is above zero by chance alone, so the intervals lie a little high.
    """
    draws: dict[str, list[float]] = {"before": [], "after": [], "ratio": []}
    for rows in bootstrap.samples(len(bad), repeats, seed):
        old, new = (difference(bad[rows], declined[rows], codes[rows]) for declined in (before, after))
        for name, value in (("before", old), ("after", new), ("ratio", new / old if old else math.nan)):
            draws[name].append(value)
    return {name: tuple(bootstrap.interval(values)) for name, values in draws.items()}


def table(bad: np.ndarray, declined: np.ndarray, group: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    """Return a line per group: loans, bad ones and what was predicted, the decline rates, of all for demographic parity
    and of the good and the bad for equalized odds, and the cost."""
    lines = []
    for name in dict.fromkeys(sorted(group)):
        b, d = bad[group == name], declined[group == name]
        lines.append(
            {
                "group": name,
                "loans": len(b),
                "bad": b.mean(),
                "predicted": probability[group == name].mean(),
                "declined": d.mean(),
                "declined of the good": d[b == 0].mean() if (b == 0).any() else np.nan,
                "declined of the bad": d[b == 1].mean() if (b == 1).any() else np.nan,
                "cost": cost(b, d),
            }
        )
    return pd.DataFrame(lines)


def figure(bad: np.ndarray, declined: np.ndarray, groups: dict[str, np.ndarray]) -> Figure:
    """Return both decline rates of every group of every attribute, as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, (attribute, group) in zip(figure.subplots(1, len(groups), sharey=True), groups.items(), strict=True):
        lines = table(bad, declined, group, declined)
        place = np.arange(len(lines))
        axes.bar(place - 0.2, lines["declined of the good"], 0.38, label="of the good loans")
        axes.bar(place + 0.2, lines["declined of the bad"], 0.38, label="of the bad loans")
        axes.set_xticks(
            place, [f"{name}\n{loans:,} loans" for name, loans in zip(lines["group"], lines["loans"], strict=True)]
        )
        axes.set(title=f"Share declined, by {attribute}", ylim=(0, 1.25))
        axes.legend(loc="upper left", ncols=2)
    return figure
