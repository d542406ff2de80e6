"""How decisions treat groups and their crossings, with 95 % intervals from a bootstrap of the loans."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

REPEATS = 1_000
MEASURES = {
    "declined": "all: demographic parity",
    "declined of the good": "those who would repay",
    "declined of the bad": "those who would not",
    "observed less predicted": "calibration: share not repaid, less the mean probability",
}


def crossed(by: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the groups with their crossings added: attribute -> the name of each row's group."""
    return dict(by) | {" and ".join(by): np.array([", ".join(pair) for pair in zip(*by.values(), strict=True)])}


def by_group(
    bad: np.ndarray, declined: np.ndarray, group: np.ndarray, probability: np.ndarray, seed: int = 0
) -> pd.DataFrame:
    """Return a line per group and measure: its loans, the value, and the 95% interval `from` and `to`.

    bad, declined: 0 or 1, shape (n,). A group without a good or a bad loan has no value of that measure.
    """
    counts = np.random.default_rng(seed).multinomial(len(bad), np.full(len(bad), 1 / len(bad)), REPEATS)
    values = dict(zip(MEASURES, (declined, declined, declined, bad - probability), strict=True))
    parts = dict(zip(MEASURES, (bad >= 0, bad == 0, bad == 1, bad >= 0), strict=True))
    lines = []
    for name in dict.fromkeys(sorted(group)):
        for measure, value in values.items():
            rows = (group == name) & parts[measure]
            drawn = counts[:, rows]
            with np.errstate(invalid="ignore"):
                means = drawn @ value[rows] / drawn.sum(axis=1)
            low, high = np.nanquantile(means, [0.025, 0.975]) if rows.any() else (np.nan, np.nan)
            mean = value[rows].mean() if rows.any() else np.nan
            lines.append(
                {"group": name, "measure": measure, "loans": int(rows.sum()), "value": mean, "from": low, "to": high}
            )
    return pd.DataFrame(lines)


def wide(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of `by_group` as a table for people: a row per group, a column per measure."""
    shown = ["{value:.3f} ({from:.3f} to {to:.3f})".format(**line) for line in lines.to_dict("records")]
    table = lines.assign(shown=shown).pivot(index="group", columns="measure", values="shown")[list(MEASURES)]
    table.insert(0, "loans", lines[lines["measure"] == "declined"].set_index("group")["loans"])
    return table.reset_index()
