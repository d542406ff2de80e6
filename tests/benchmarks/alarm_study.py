"""How often do the checks alarm although nothing changed, and how soon where something did?

Both are measured on real days of one period. Each repeat deals the days again, whole, every weekday among its like: the
last ones are watched, next to a reference of the others. Nothing changed between them, whatever the days were like. A
shift is planted by taking the days of the monitoring runs from the same period with the shift in it.
"""

from dataclasses import dataclass

import numpy as np

from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from monitoring.checks import verdicts
from monitoring.checks.daily_counts import DailyCounts


@dataclass(frozen=True)
class Repeat:
    """What one repeat found: by check, as (name, signal), the number of the first monitoring run that alarms."""

    first: dict[tuple[str, str], int]

    def by(self, signals: set[str] | None = None) -> int | None:
        """Return the first look at which any check of some signals alarms, from 1 on, or None."""
        looks = [look for (_, signal), look in self.first.items() if signals is None or signal in signals]
        return min(looks, default=None)


def repeat(
    period: DailyCounts, checks: Checks, seed: int, shifted: DailyCounts | None = None, in_a_row: bool = False
) -> Repeat:
    """Look at the last days of one dealing, once a day, for `looks` days.

    period: the unchanged days. shifted: the same days with a shift. in_a_row: do not deal the days, watch some that
    follow each other, as they were; then seasons and holidays are changes, too.
    """
    order = _in_a_row(period, checks, seed) if in_a_row else _dealt(period, seed)
    before, watched = max(checks.windows) - 1, max(checks.windows) - 1 + checks.looks
    if len(order) < 2 * watched:
        raise CapstanError(f"The study needs {2 * watched} days or more; the period has {len(order)}. Give it more.")
    reference, recent = period.take(order[:-watched]), period.take(order[-watched:])
    if shifted is not None:
        recent = _joined(recent.take(np.arange(before)), shifted.take(order[-watched + before :]))
    first = {}
    for each in verdicts.trace(reference, recent, checks):
        looks = each.alarms(checks.false_alarms)[:, before:].any(axis=0)
        if looks.any():
            first[each.name, each.signal] = int(looks.argmax()) + 1
    return Repeat(first)


def _dealt(period: DailyCounts, seed: int) -> np.ndarray:
    """Return the lines of whole weeks, every weekday dealt among its like."""
    chance, lines = np.random.default_rng(seed), np.arange(len(period.days) // 7 * 7).reshape(-1, 7)
    return np.stack([chance.permutation(column) for column in lines.T], axis=1).ravel()


def _in_a_row(period: DailyCounts, checks: Checks, seed: int) -> np.ndarray:
    """Return the lines in order, those of some days that follow each other last."""
    days, watched = len(period.days), max(checks.windows) - 1 + checks.looks
    start = int(np.random.default_rng(seed).integers(days - watched + 1))
    run = np.arange(start, start + watched)
    return np.concatenate([np.setdiff1d(np.arange(days), run), run])


def _joined(one: DailyCounts, two: DailyCounts) -> DailyCounts:
    """Return the days of one tally and then those of another one on the same grids."""
    return DailyCounts(
        days=np.concatenate([one.days, two.days]),
        rows=np.concatenate([one.rows, two.rows]),
        grids=one.grids,
        counts={name: np.concatenate([one.counts[name], two.counts[name]]) for name in one.counts},
        sums={name: np.concatenate([one.sums[name], two.sums[name]]) for name in one.sums},
        outcome=one.outcome,
        scored=None if one.scored is None or two.scored is None else np.concatenate([one.scored, two.scored]),
    )
