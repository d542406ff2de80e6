"""The audit: how the decisions treat groups of applicants.

Equalized odds asks that among those who would repay, every group is turned down equally often, and among those who
would not, too. Hardt et al., "Equality of opportunity in supervised learning" (2016).
tests/test_fairness.py checks the difference against fairlearn's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.credit_risk.costs import cost

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def difference(bad: np.ndarray, declined: np.ndarray, codes: np.ndarray) -> float:
    """Return the equalized-odds difference: the larger of the widest gaps between groups in the two decline rates.

    bad, declined: 0 or 1, shape (n,); declined may lie between, for a decision by lot. codes: the group of each row.
    """
    kinds = [rates(declined[bad == kind], codes[bad == kind], codes.max() + 1) for kind in (0, 1)]
    return float(max(map(np.ptp, kinds)))


def rates(declined: np.ndarray, codes: np.ndarray, groups: int) -> np.ndarray:
    """Return the share that is declined in each group, shape (groups,)."""
    return np.bincount(codes, declined, groups) / np.maximum(np.bincount(codes, minlength=groups), 1)


def intervals(
    bad: np.ndarray, before: np.ndarray, after: np.ndarray, codes: np.ndarray, repeats: int = 2_000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Return 95% intervals of the difference `before`, `after`, and of their `ratio`, from a bootstrap of the rows.

    Both are computed on the same rows of each repeat. A maximum of gaps is above zero by chance alone, so the
    intervals lie a little high.
    """
    random = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {"before": [], "after": [], "ratio": []}
    for _ in range(repeats):
        rows = random.integers(len(bad), size=len(bad))
        one, two = (difference(bad[rows], made[rows], codes[rows]) for made in (before, after))
        for name, value in (("before", one), ("after", two), ("ratio", two / one)):
            draws[name].append(value)
    return {name: tuple(np.quantile(values, [0.025, 0.975])) for name, values in draws.items()}


def table(bad: np.ndarray, declined: np.ndarray, group: np.ndarray) -> pd.DataFrame:
    """Return a line per group: loans, bad ones, both decline rates and the cost."""
    lines = []
    for name in dict.fromkeys(sorted(group)):
        b, d = bad[group == name], declined[group == name]
        lines.append(
            {
                "group": name,
                "loans": len(b),
                "bad": b.mean(),
                "declined": d.mean(),
                "declined of the good": d[b == 0].mean(),
                "declined of the bad": d[b == 1].mean(),
                "cost": cost(b, d),
            }
        )
    return pd.DataFrame(lines)


def figure(bad: np.ndarray, declined: np.ndarray, groups: dict[str, np.ndarray]) -> Figure:
    """Return both decline rates of every group of every attribute, as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    for axes, (attribute, group) in zip(figure.subplots(1, len(groups), sharey=True), groups.items(), strict=True):
        lines = table(bad, declined, group)
        place = np.arange(len(lines))
        axes.bar(place - 0.2, lines["declined of the good"], 0.38, label="of the good loans")
        axes.bar(place + 0.2, lines["declined of the bad"], 0.38, label="of the bad loans")
        axes.set_xticks(
            place, [f"{name}\n{loans:,} loans" for name, loans in zip(lines["group"], lines["loans"], strict=True)]
        )
        axes.set(title=f"Share declined, by {attribute}", ylim=(0, 1.25))
        axes.legend(loc="upper left", ncols=2)
    return figure
