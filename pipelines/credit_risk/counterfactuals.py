"""What would get a declined loan granted, among the things that an applicant can change.

Wachter et al., "Counterfactual explanations without opening the black box" (2017). Amount, term and debt are tried on a
grid; all else stays as it is, age, marital status, seniority and records above all.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.credit_risk.columns import CHANGEABLE, INPUTS

if TYPE_CHECKING:
    from capstan.contract.model import Columns

    Margin = Callable[[Columns], np.ndarray]

AMOUNTS = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5]  # shares of what was asked for
TERMS = [6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0, 48.0, 54.0, 60.0, 72.0]  # months
DEBTS = [1.0, 0.5, 0.0]  # shares of what is owed
LONGEST = 72.0


def find(margin: Margin, columns: Columns, declined: np.ndarray, limit: np.ndarray) -> list[list[dict[str, Any]]]:
    """Return for each row the fewest, smallest changes that get it granted: field, from, to. If none do, an empty list.

    margin: the log-odds of a loss. declined: which rows to look at, shape (n,). limit: the log-odds below which a row
    is granted.
    """
    changes: list[list[dict[str, Any]]] = [[] for _ in declined]
    for row in np.flatnonzero(declined).tolist():
        now = {name: next(iter(columns[name][row : row + 1])) for name in INPUTS}
        tried = candidates(now)
        table = {name: [now[name]] * len(tried) for name in INPUTS}
        for name in CHANGEABLE:
            table[name] = [candidate[name] for candidate in tried]
        granted = np.flatnonzero(margin(table) < limit[row])
        if len(granted):
            best = tried[min(granted, key=lambda place: effort(now, tried[place]))]
            changes[row] = [
                {"field": name, "now": now[name], "then": best[name]} for name in CHANGEABLE if best[name] != now[name]
            ]
    return changes


def candidates(now: dict[str, Any]) -> list[dict[str, float]]:
    """Return every combination of the changes that are tried."""
    amounts = [float(round(now["amount"] * share)) for share in AMOUNTS]
    terms = sorted({now["term"], *TERMS})
    debt = now["debt"] or 0.0
    debts = sorted({float(round(debt * share)) for share in DEBTS}) if debt == debt and debt > 0 else [now["debt"]]
    return [dict(zip(CHANGEABLE, values, strict=True)) for values in product(amounts, terms, debts)]


def effort(now: dict[str, Any], then: dict[str, float]) -> tuple[int, float]:
    """Return how many fields change, and by how much together, as shares."""
    moved = [name for name in CHANGEABLE if then[name] != now[name]]
    scale = {"amount": now["amount"], "term": LONGEST, "debt": now["debt"] or 1.0}
    return len(moved), sum(abs(then[name] - now[name]) / scale[name] for name in moved)
