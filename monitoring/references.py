"""What a version's predictions are compared with, and logged predictions as the same signals."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from capstan.contract.capstone import Capstone
from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.versions import registry
from monitoring import signals
from monitoring.checks import daily_counts

if TYPE_CHECKING:
    import pandas as pd

    from monitoring.checks.daily_counts import DailyCounts


@dataclass(frozen=True)
class Reference:
    """What a version's predictions are compared with: the signals of its test data, and their tally."""

    version: str
    rows: "pd.DataFrame"
    counted: "DailyCounts"
    checks: Checks


def reference(capstone: str, task: Capstone, version: str) -> Reference:
    """Return the reference of a version. Raises CapstanError when its run wrote none."""
    rows = signals.read_reference(profile().storage(), capstone, version)
    if rows is None:
        raise CapstanError(f"Version {version} of {capstone} has no reference: run its pipeline again.")
    checks = task.CHECKS
    if checks.time not in rows:  # its signals have no time: parts of its rows take the place of days
        checks = replace(checks, time=None)
    return Reference(version, rows, daily_counts.reference(rows, checks, task.OUTCOME), checks)


def signals_of(task: Capstone, log: "pd.DataFrame", against: Reference) -> "pd.DataFrame":
    """Return logged predictions as signals, with the label where it is known, and the time."""
    outcome = task.OUTCOME
    rows = signals.of_predictions(
        task, log, against.rows, lambda: registry.load_version(task.name, against.version).model
    )
    if against.checks.time:
        rows[against.checks.time] = log["prediction_time"].to_numpy()
    if outcome and outcome.target in against.rows and log["label"].notna().any():
        rows[outcome.target] = signals.outcomes(task, outcome, log["label"]).to_numpy()
    return rows
