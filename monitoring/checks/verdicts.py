"""The newest days compared with the reference: every signal as checks, and all of them as one verdict.

A change alarms when two things hold over one of the declared windows. It matters: its size, such as Evidently's
distance, is at least the threshold. And it is not by chance: the rank sum of the window's days is so high that the
share of false alarms stays below the declared one, with Bonferroni's correction for the tests, and the exact one for
the windows and looks of each.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from monitoring.checks import counts, labels, ranks
from monitoring.checks.daily_counts import DailyCounts
from monitoring.checks.result import Check, Verdict
from monitoring.checks.scores import scores

UNITS = {"drift": "its distance from the reference", "nulls": "its share of nulls moved by"}
UNITS |= {
    "new categories": "the share of categories that the reference has not",
    "calibration": "mean prediction off by",
}
UNITS |= {"performance": "worse by"}

FEWEST_DAYS = 14  # of a reference: with fewer, its own days do not show how days differ


@dataclass(frozen=True)
class Trace:
    """One signal's test at every monitoring run. p, adjusted, effect: shape (windows, looks), NaN without a window."""

    name: str
    signal: str
    threshold: float
    p: np.ndarray
    effect: np.ndarray
    days: np.ndarray  # (windows, looks): the first day of the window
    possible: bool  # whether the reference has days enough for an alarm

    def alarms(self, share: float) -> np.ndarray:
        """Return, (windows, looks), where the change matters and is no accident."""
        return np.asarray((self.p <= share) & (self.effect >= self.threshold))


def check(reference: DailyCounts, recent: DailyCounts, checks: Checks, optional: Collection[str] = ()) -> list[Check]:
    """Return a check of each kind for each signal, as of the last day of `recent`.

    optional: signals that requests may leave out; more or fewer nulls of them are no alarm.
    """
    worst: dict[tuple[str, str], Check] = {}
    for each in trace(reference, recent, checks):
        judged = _check(each, checks)
        if judged.name == "nulls" and judged.signal in optional and judged.verdict == "alarm":
            judged = replace(judged, verdict="ok", why="Requests may leave it out.")
        key = (judged.name, judged.signal)
        if key not in worst or _order(judged) < _order(worst[key]):
            worst[key] = judged
    return [*worst.values(), *counts.check(reference, recent, checks), *labels.check(reference, recent, checks)]


def trace(reference: DailyCounts, recent: DailyCounts, checks: Checks) -> list[Trace]:
    """Return every test at every monitoring run: the days of `recent`, each with the days before it."""
    reference, recent = (tally.take(tally.rows >= checks.rows_per_day) for tally in (reference, recent))
    if not len(reference.days):
        raise CapstanError(
            f"No day of the reference has {checks.rows_per_day} rows or more. Give it more rows, or set rows_per_day "
            "of CHECKS lower."
        )
    reference = reference.only(recent.counts)
    total, windows = reference.total(), [days for days in checks.windows if days <= len(recent.days)]
    usual = list(scores(reference, reference.others(), checks))
    daily = {(s.name, s.signal): s.ranked for s in scores(recent, total, checks)}
    usual = [score for score in usual if (score.name, score.signal) in daily]
    effects = [{(s.name, s.signal): s.effect for s in scores(recent.trailing(days), total, checks)} for days in windows]
    level = checks.false_alarms / max(len(usual), 1)
    tests = len(usual) * ranks.effective_looks(len(reference.days), tuple(checks.windows), checks.looks, level)
    traces = []
    for score in usual:
        key, shape = (score.name, score.signal), (len(windows), len(recent.days))
        effect, first = np.full(shape, np.nan), np.zeros(shape, int)
        for line, days in enumerate(windows):
            effect[line, days - 1 :] = effects[line][key]
            first[line, days - 1 :] = recent.days[: len(recent.days) - days + 1]
        p = np.minimum(ranks.p_values(score.ranked, daily[key], windows) * tests, 1)
        known = score.ranked[~np.isnan(score.ranked)]
        least = ranks.smallest(known, checks.windows) * tests
        possible = least <= checks.false_alarms and len(known) >= FEWEST_DAYS
        traces.append(Trace(*key, score.threshold, p, effect, first, possible))
    return traces


def _check(trace: Trace, checks: Checks) -> Check:
    """Return what a test says at the last monitoring run."""
    kind = trace.name.removesuffix(" upwards").removesuffix(" downwards")
    p, effect = (array[:, -1] if array.size else np.array([np.nan]) for array in (trace.p, trace.effect))
    verdict: Verdict = "ok"
    if np.isnan(p).all() or not trace.possible:
        few = "too few days" if np.isnan(p).all() else "the reference has too few days for any alarm"
        return Check(kind, trace.signal, "insufficient", threshold=trace.threshold, message=f"{trace.signal}: {few}.")
    alarming = np.flatnonzero((p <= checks.false_alarms) & (effect >= trace.threshold))
    line = int(alarming[np.argmin(p[alarming])]) if len(alarming) else int(np.nanargmin(p))
    since, size, why = None, float(effect[line]), ""
    message = f"{trace.signal}: {UNITS[kind]} {size:.3g} ({trace.threshold:g} matters), p = {p[line]:.2g}"
    if len(alarming):
        verdict = "alarm"
        since = _date(int(trace.days[line, -1]), checks)
        message += f", since {since}" if since else ""
    elif size >= trace.threshold:
        why = f"It may be random: p is above {checks.false_alarms:g}."
    figures = (size, trace.threshold, float(p[line]))
    return Check(kind, trace.signal, verdict, *figures, since=since, message=f"{message}.", why=why)


def _date(day: int, checks: Checks) -> str | None:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat() if checks.time else None


def _order(check: Check) -> tuple[bool, float]:
    return check.verdict != "alarm", 1.0 if check.p is None else check.p
