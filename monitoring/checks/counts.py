"""Counts of a signal's values against those of the reference: rows are the sample, where they are independent.

The ranks of days need many days for a shift that few rows show plainly. This test counts rows, so it finds the same
shift sooner. Days of the reference that differ by more than their rows make it careful, as do days that resemble the
day before. Sources: Pearson, "On the criterion ..." (1900), for the test; Rao and Scott, "On simple adjustments to
chi-square tests with sample survey data" (1987), for the factor.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2
from scipy.stats import f as fisher

from capstan.contract.checks import Checks, Method
from monitoring.checks import ranks
from monitoring.checks.daily_counts import ERROR, DailyCounts
from monitoring.checks.distances import default, distance
from monitoring.checks.labels import FEWEST_DAYS, POWER, RANDOM
from monitoring.checks.result import Check

NAME = "counts"
LEAST = 0.05  # of the rows: rarer categories count together


@dataclass(frozen=True)
class Found:
    """What the test of a signal says. moved: the distance. days: of the window. needed: rows, see `rows_needed`."""

    signal: str
    p: float
    moved: float
    threshold: float
    days: int
    rows: int
    needed: int

    def alarms(self, checks: Checks) -> bool:
        """Return whether the change matters and is no accident."""
        return self.p <= checks.false_alarms and self.moved >= self.threshold


def check(reference: DailyCounts, recent: DailyCounts, checks: Checks) -> list[Check]:
    """Return an alarm for each signal whose counts moved; one line on the most moved where none did.

    The share of false alarms is `false_alarms` of `checks`, over signals, windows and looks: a budget of its own. An
    alarm is a distance of at least the signal's threshold. A window that is longer than what there is has all of it.
    """
    reference, recent = (tally.take(tally.rows >= checks.rows_per_day) for tally in (reference, recent))
    names = [name for name in recent.counts if not name.startswith(ERROR)]
    if len(reference.days) < FEWEST_DAYS or len(recent.days) < min(checks.windows) or not names:
        return []
    tests = len(names) * ranks.effective_looks(
        len(reference.days), tuple(checks.windows), checks.looks, checks.false_alarms / len(names)
    )
    windows = sorted({min(days, len(recent.days)) for days in checks.windows})
    found = [best for name in names if (best := _tested(name, reference, recent, checks, windows, tests)) is not None]
    alarms = [signal for signal in found if signal.alarms(checks)]
    quiet = [] if alarms or not found else [min(found, key=lambda signal: signal.p)]
    return [
        *(_told(signal, "alarm", recent, checks) for signal in alarms),
        *(_told(signal, "ok", recent, checks) for signal in quiet),
    ]


def rows_needed(freedom: int, tests: float, threshold: float, method: Method, checks: Checks, factor: float = 1) -> int:
    """Return in how many rows of a window a change by the threshold is found with a probability of 80 %.

    threshold: for `wasserstein` a mean that moves by so many standard deviations, without another change. factor: how
    much more days differ than their rows. The reference is taken as known.
    """
    least = chi2.isf(checks.false_alarms / tests, freedom)
    needed = brentq(lambda far: ncx2.sf(least, freedom, far) - POWER, 1e-6, 1e6)
    by_row = {"jensenshannon": 8 * threshold**2, "psi": threshold}.get(method, threshold**2)
    return int(np.ceil(factor * needed / max(by_row, 1e-12)))


def _tested(
    name: str, reference: DailyCounts, recent: DailyCounts, checks: Checks, windows: list[int], tests: float
) -> Found | None:
    """Return the most certain result of a signal's windows; None where its values all fall into one part."""
    known, newest, grid = reference.counts[name], recent.counts[name], recent.grids[name]
    days, total = known[:, :-1], known.sum(axis=0)[:-1]
    scores, freedom = _ranks(total) if grid.kind == "numeric" else _parts(total)
    if freedom < 1:
        return None
    factor, correlation = _usual(days[days.sum(axis=1) > 0], scores, freedom)
    law = fisher(freedom, freedom * (len(days) - 1)) if factor > 1 else chi2(freedom)
    declared = checks.of(name)
    method = declared.method or default(grid)
    found = []
    for window in windows:
        counts = newest[-window:].sum(axis=0)
        rows, others = counts[:-1].sum(), total.sum()
        if not rows:
            continue
        alike = factor * window / ranks.effective_days(window, correlation)
        squares = float((_moved(counts[None, :-1], total, scores) ** 2).sum()) / (1 + rows / others) / alike
        p = float(law.sf(squares / freedom if factor > 1 else squares))
        moved = float(distance(grid, method, counts[None], known.sum(axis=0)[None])[0])
        needed = rows_needed(freedom, tests, declared.threshold, method, checks, alike)
        found.append(Found(name, min(p * tests, 1.0), moved, declared.threshold, window, int(rows), needed))
    return min(found, key=lambda candidate: (not candidate.alarms(checks), candidate.p), default=None)


def _ranks(total: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the rank of each value among the rows of the reference, (values, 1), of variance 1, and the freedom.

    total: (values,). The mean rank moves with the mean, whatever the distribution.
    """
    share = total / total.sum() if total.any() else total
    middle = np.cumsum(share) - share / 2
    deviation = np.sqrt(share @ (middle - share @ middle) ** 2)
    return ((middle - share @ middle) / max(deviation, 1e-12))[:, None], int(deviation > 0)


def _parts(total: np.ndarray) -> tuple[np.ndarray, int]:
    """Return one column for each category, (values, parts), of variance 1, and the freedom. Rare ones are together."""
    share = total / max(total.sum(), 1)
    order = np.where(share >= LEAST, np.arange(len(share)), len(share))
    part = np.unique(order, return_inverse=True)[1]
    member = np.eye(part.max() + 1)[part]
    whole = share @ member
    kept = member[:, whole > 0] / np.sqrt(whole[whole > 0])
    return kept, kept.shape[1] - 1


def _moved(counts: np.ndarray, total: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return how far the mean scores of some rows are from those of the reference, in standard errors, (n, columns).

    counts: (n, values), at least a row each. total: of the reference, (values,).
    """
    rows = counts.sum(axis=1, keepdims=True)
    return np.asarray((counts @ scores / rows - total @ scores / total.sum()) * np.sqrt(rows))


def _usual(days: np.ndarray, scores: np.ndarray, freedom: int) -> tuple[float, float]:
    """Return how the days of the reference differ: the factor of the variance, and the correlation with the day before.

    The factor is 1 where it may be random. days: (days, values), at least a row each.
    """
    moved = _moved(days, days.sum(axis=0), scores)
    squares, whole = float((moved**2).sum()), (len(days) - 1) * freedom
    factor = squares / whole if chi2.sf(squares, whole) < RANDOM else 1.0
    correlation = float((moved[1:] * moved[:-1]).sum() / squares) if squares else 0.0
    return factor, min(correlation, 0.95) if correlation > 3 / np.sqrt(whole) else 0.0


def _told(found: Found, verdict: str, recent: DailyCounts, checks: Checks) -> Check:
    """Return the result in words."""
    message = (
        f"{found.signal}: the counts of its values are {found.moved:.3g} from those of the reference "
        f"({found.threshold:g} matters), p = {found.p:.2g}. In {POWER:.0%} of all cases, that much is found in "
        f"{found.needed:,} rows."
    )
    figures = (found.moved, found.threshold, found.p)
    if verdict == "alarm":
        since = (date(1970, 1, 1) + timedelta(days=int(recent.days[-found.days]))).isoformat() if checks.time else None
        return Check(NAME, found.signal, "alarm", *figures, since=since, message=message)
    why = f"It may be random: p is above {checks.false_alarms:g}." if found.moved >= found.threshold else ""
    return Check(NAME, found.signal, "ok", *figures, message=message, why=why)
