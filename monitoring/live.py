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
from monitoring.live_checks import LABELLED
from monitoring.reports import compare, performance
from serving.predictions import reader
from serving.predictions.labelled import labelled

# Evidently's tests on fewer rows find drift in noise, or none where there is some.
MIN_PREDICTIONS = 100


@dataclass(frozen=True)
class Watched:
    """What a look at the live predictions found. `note` says why there is no report, or what it leaves out."""

    counts: dict[str, float]  # predictions; with a report also columns, and how many of them drifted
    page: bytes | None = None
    note: str = ""


def watch(capstone: str, hours: float, run: str, as_of: datetime | None = None) -> Watched:
    """Compare the champion's predictions of the last hours with those of its test data.

    The hours are those in which it answered, or, as of an instant, those of the prediction times before it. The
    Evidently report is added to the workspace, and one of the performance on the labels that are known. The same `run`
    adds each once, however often it is repeated.
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
    now = as_of or datetime.now(UTC)
    since = now - timedelta(hours=hours)
    log = labelled(capstone, since, now, now, also_unlabelled=True) if as_of else reader.read(capstone, since)
    log = signals.answers(log, champion)
    if len(log) < MIN_PREDICTIONS:
        found = f"Version {champion} of {capstone} answered {len(log)} predictions in the last {hours:g} h"
        return Watched({"predictions": len(log)}, note=f"{found}; fewer than {MIN_PREDICTIONS} show no drift.")
    reference = signals.untimed(reference, task)
    live = signals.of_predictions(task, log, reference)
    filled = [name for name in live if live[name].notna().any() and reference[name].notna().any()]
    current, name = signals.sample(live[filled]), f"live, version {champion}, run {run[:8]}"
    report = compare(name, reference[filled], current, at=as_of)
    workspace.add(capstone, task.TITLE, name, report.run)
    _add_performance(capstone, task, champion, now, run)
    counts: dict[str, float] = {"predictions": len(log), "columns": len(filled), "drifted": report.drifted}
    return Watched(counts, report.page, _left_out(task, reference, live, filled))


def _add_performance(capstone: str, task: ModuleType, champion: str, now: datetime, run: str) -> None:
    """Add a report on the predictions of the last weeks whose labels are known, if there are enough."""
    outcome = getattr(task, "OUTCOME", None)
    if outcome is None:
        return
    log = signals.answers(labelled(capstone, now - LABELLED, now, now), champion).tail(signals.SAMPLE_ROWS)
    answers = [found[outcome.prediction] for found in log["prediction"]]
    rows = pd.DataFrame({outcome.target: log["label"].to_numpy(), outcome.prediction: answers})
    if len(rows) < MIN_PREDICTIONS or rows[outcome.target].nunique() < 2:
        return
    label, prediction = {"binary": (int, float), "multiclass": (str, str), "regression": (float, float)}[outcome.kind]
    rows = rows.astype({outcome.target: label, outcome.prediction: prediction})
    name = f"performance, version {champion}, run {run[:8]}"
    workspace.add(capstone, task.TITLE, name, performance(name, rows, outcome, now), outcome.kind)


def _left_out(task: ModuleType, reference: pd.DataFrame, live: pd.DataFrame, compared: list[str]) -> str:
    """Return a line about the signals that are not compared, or "". Nobody expects the label in the log."""
    outcome = getattr(task, "OUTCOME", None)
    absent = [name for name in reference if name not in live and not (outcome and name == outcome.target)]
    empty = [name for name in live if name not in compared]
    parts = {"Not in the prediction log, so not watched": absent, "Without any value, so not compared": empty}
    return " ".join(f"{words}: {', '.join(names)}." for words, names in parts.items() if names)
