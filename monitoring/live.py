"""Live monitoring: what the champion answered lately, beside its predictions of the test data."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pandas as pd

from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.rollout import store
from monitoring import signals, workspace
from monitoring.reports import compare
from serving.predictions import reader

# Evidently's tests on fewer rows find drift in noise, or none where there is some.
MIN_PREDICTIONS = 100


@dataclass(frozen=True)
class Watched:
    """What a look at the live predictions found. `note` says why there is no report, or what it leaves out."""

    counts: dict[str, float]  # predictions; with a report also columns, and how many of them drifted
    page: bytes | None = None
    note: str = ""


def watch(capstone: str, hours: float, run: str) -> Watched:
    """Compare the champion's predictions of the last hours with those of its test data.

    The Evidently report is added to the workspace. The same `run` adds one report, however often it is repeated.
    Raises CapstanError when nothing is deployed, or the version has no reference.
    """
    task = load_task(capstone)
    champion = store.read(capstone).champion
    if not champion:
        raise CapstanError(f"{capstone} is not deployed, so there is nothing to watch: `capstan run {capstone}`.")
    storage = profile().storage()
    reference = signals.read_reference(storage, capstone, champion)
    if reference is None:
        raise CapstanError(
            f"Version {champion} of {capstone} has no reference to compare with: its run wrote none. Run the pipeline "
            f"again with `capstan run {capstone}`; training comes from the cache."
        )
    log = reader.read(capstone, datetime.now(UTC) - timedelta(hours=hours))
    log = log[(log["version"] == champion) & ~log["partial"]]
    if len(log) < MIN_PREDICTIONS:
        found = f"Version {champion} of {capstone} answered {len(log)} predictions in the last {hours:g} h"
        return Watched({"predictions": len(log)}, note=f"{found}; fewer than {MIN_PREDICTIONS} show no drift.")
    reference = signals.untimed(reference, task)
    live = signals.of_predictions(log, reference)
    filled = [name for name in live if live[name].notna().any() and reference[name].notna().any()]
    current, name = signals.sample(live[filled]), f"live, version {champion}, run {run[:8]}"
    report = compare(name, reference[filled], current)
    workspace.add(capstone, task.TITLE, name, report.run)
    counts: dict[str, float] = {"predictions": len(log), "columns": len(filled), "drifted": report.drifted}
    return Watched(counts, report.page, _left_out(task, reference, live, filled))


def _left_out(task: ModuleType, reference: pd.DataFrame, live: pd.DataFrame, compared: list[str]) -> str:
    """Return a line about the signals that are not compared, or "". Nobody expects the label in the log."""
    outcome = getattr(task, "OUTCOME", None)
    absent = [name for name in reference if name not in live and not (outcome and name == outcome.target)]
    empty = [name for name in live if name not in compared]
    parts = {"Not in the prediction log, so not watched": absent, "Without any value, so not compared": empty}
    return " ".join(f"{words}: {', '.join(names)}." for words, names in parts.items() if names)
