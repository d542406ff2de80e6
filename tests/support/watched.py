"""What monitoring notices of live rows, next to those of the reference."""

from dataclasses import replace

import pandas as pd

from capstan import catalogue
from monitoring import signals
from monitoring.checks import daily_counts, verdicts


def alarms(name: str, reference: pd.DataFrame, live: pd.DataFrame) -> set[tuple[str, str]]:
    """Return which checks of a capstone alarm, (check, signal), for signals in the order in which they came."""
    capstone = catalogue.load(name)
    checks = replace(capstone.CHECKS, time=None)
    known = daily_counts.reference(reference, checks, capstone.OUTCOME)
    recent = daily_counts.recent(live, checks, known)
    results = verdicts.check(known, recent, checks, signals.optional(capstone))
    return {(result.name, result.signal) for result in results if result.verdict == "alarm"}
