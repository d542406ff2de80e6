"""Labels against probabilities: do more or fewer events come than the predictions of a binary outcome say?

The ranks of days need a shift that nearly every day shows. This test counts rows, so it finds a moderate shift sooner.
Its variance is that of labels with the predicted probabilities, times how much more the days of the reference differ:
rows of one day are alike, and so may be days in a row. Source: Cox, "Two further applications of a model for binary
regression" (1958), for observed against predicted counts; McCullagh and Nelder, "Generalized linear models" (1989),
section 4.5, for the factor.
"""

from datetime import date, timedelta

import numpy as np
from scipy.stats import chi2, norm
from scipy.stats import t as student

from capstan.contract.checks import Checks
from monitoring.checks import ranks
from monitoring.checks.daily_counts import DailyCounts
from monitoring.checks.result import Check

NAME, FEWEST_DAYS, POWER = "labels", 14, 0.8
RANDOM = 0.2  # the probability from which on days may differ no more than their rows


def check(reference: DailyCounts, recent: DailyCounts, checks: Checks) -> list[Check]:
    """Return the check of the newest days with labels; none where the outcome is not binary.

    Its share of false alarms is `false_alarms` of `checks`, over windows and looks: a budget of its own. An alarm is a
    difference that is at least `calibration` of `checks`. A window that is longer than what there is has all of it.
    """
    if reference.scored is None or recent.scored is None or reference.outcome is None:
        return []
    signal = reference.outcome.prediction
    known, newest = (_counted(tally, signal) for tally in (reference, recent))
    labelled = recent.days[newest[0] > 0]
    known, newest = known[:, known[0] > 0], newest[:, newest[0] > 0]
    if known.shape[1] < FEWEST_DAYS or newest.shape[1] < min(checks.windows):
        few = f"{known.shape[1]} days of the reference and {newest.shape[1]} new ones with labels are too few"
        return [Check(NAME, signal, "insufficient", threshold=checks.calibration, message=f"{signal}: {few}.")]
    usual, factor, correlation = _usual(known)
    tests = _tests(checks, known.shape[1])
    law = student(known.shape[1] - 1) if factor > 1 else norm()  # a factor that is estimated makes it less sure
    found = []
    for days in sorted({min(days, newest.shape[1]) for days in checks.windows}):
        part = newest[:, -days:].sum(axis=1)
        alike = factor * days / ranks.effective_days(days, correlation)
        moved, error = _moved(part, known.sum(axis=1), usual, alike)
        p = min(2 * float(law.sf(abs(moved) / max(error, 1e-12))) * tests, 1.0)
        found.append((p > checks.false_alarms or abs(moved) < checks.calibration, p, days, moved, alike, part))
    quiet, p, days, moved, alike, (rows, _, predicted, variance) = min(found, key=lambda entry: entry[:2])
    share = predicted / rows + usual
    needed = rows_needed(variance / rows, checks.calibration, checks, alike)
    message = (
        f"{signal}: {share + moved:.3f} of {rows:,.0f} labels are events, and {share:.3f} were to be expected "
        f"({checks.calibration:g} more or less matters), p = {p:.2g}. In {POWER:.0%} of all cases, a difference of "
        f"{checks.calibration:g} is found in {needed:,} rows."
    )
    figures = (abs(moved), checks.calibration, p)
    if quiet:
        why = f"It may be random: p is above {checks.false_alarms:g}." if abs(moved) >= checks.calibration else ""
        return [Check(NAME, signal, "ok", *figures, message=message, why=why)]
    since = (date(1970, 1, 1) + timedelta(days=int(labelled[-days]))).isoformat() if checks.time else None
    return [Check(NAME, signal, "alarm", *figures, since=since, message=message)]


def rows_needed(variance: float, difference: float, checks: Checks, factor: float = 1.0) -> int:
    """Return in how many labelled rows of a window a difference is found with a probability of 80 %.

    variance: the mean of p (1 - p) over the predictions. factor: how much more days differ, since rows of one day are
    alike. The reference is taken as known.
    """
    deviations = norm.isf(checks.false_alarms / _tests(checks) / 2) + norm.ppf(POWER)
    return int(np.ceil(factor * variance * (deviations / difference) ** 2))


def _tests(checks: Checks, days: int = 100) -> float:
    """Return as how many independent tests all windows at all looks count. days: of the reference."""
    return ranks.effective_looks(days, tuple(checks.windows), checks.looks, checks.false_alarms)


def _counted(tally: DailyCounts, signal: str) -> np.ndarray:
    """Return labelled rows, events, events that were predicted, and their variance, of each day, shape (4, days)."""
    assert tally.scored is not None
    by_bin, edges = tally.scored.sum(axis=2).astype(float), np.array(tally.grids[signal].edges)
    rows, events = by_bin.sum(axis=1), tally.scored[..., 1].sum(axis=1).astype(float)
    asked = tally.counts[signal][:, :-1].sum(axis=1)
    mean = np.divide(tally.sums[signal], asked, out=np.zeros(len(rows)), where=asked > 0)
    middle = np.concatenate([edges[:1], (edges[:-1] + edges[1:]) / 2, edges[-1:]]).clip(0, 1)  # of each bin
    return np.stack([rows, events, rows * mean, by_bin @ (middle * (1 - middle))])


def _usual(known: np.ndarray) -> tuple[float, float, float]:
    """Return by how much the share of events is above the prediction, and how the days differ.

    That is the factor of the variance, or 1 where it may be random, and the correlation of a day and the next.
    """
    rows, events, predicted, variance = known
    usual = float((events.sum() - predicted.sum()) / rows.sum())
    residuals = (events - predicted - usual * rows) / np.sqrt(np.maximum(variance, 1e-6))
    squares, freedom = float((residuals**2).sum()), len(rows) - 1
    factor = squares / freedom if chi2.sf(squares, freedom) < RANDOM else 1.0
    return usual, factor, ranks.autocorrelation(residuals)


def _moved(part: np.ndarray, known: np.ndarray, usual: float, factor: float) -> tuple[float, float]:
    """Return how far the share of events is from what is expected, and the standard error of that."""
    rows, events, predicted, variance = part
    error = np.sqrt(factor * (variance / rows**2 + known[3] / known[0] ** 2))
    return float((events - predicted) / rows - usual), float(error)
