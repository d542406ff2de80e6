"""Live monitoring: what the champion answered lately, next to its predictions of the test data."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from capstan.catalogue import load
from capstan.contract.capstone import Capstone
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.rollout import store
from capstan.versions import registry
from monitoring import signals, workspace
from monitoring.live_log import LiveLog
from monitoring.reports import compare, is_comparable, performance

# Evidently's tests on fewer rows find drift in noise, or none where there is some.
MIN_PREDICTIONS = 100


@dataclass(frozen=True)
class Watched:
    """The result of a look at the live predictions. `note` says why there is no report, or what it leaves out."""

    counts: dict[str, float]  # predictions; with a report also columns, and how many of them drifted
    page: bytes | None = None
    note: str = ""


def report_drift(
    capstone: str,
    hours: float,
    run: str,
    as_of: datetime | None = None,
    version: str = "",
    live_log: LiveLog | None = None,
) -> Watched:
    """Compare a version's predictions of the last hours, by default the champion's, with those of its test data.

    The hours are those in which it answered, or, as of an instant, those of the prediction times before it. The
    Evidently report is added to the workspace, and one of the performance on the labels that are known. The same `run`
    adds each once, however often it is repeated. live_log: the predictions, if they were read already.
    Raises CapstanError when nothing is deployed, or the version has no reference.
    """
    task = load(capstone)
    version = version or store.read(capstone).champion
    if not version:
        raise CapstanError(f"{capstone} is not deployed, so there is nothing to watch: `capstan run {capstone}`.")
    storage = profile().storage()
    reference = signals.read_reference(storage, capstone, version)
    if reference is None:
        raise CapstanError(
            f"Version {version} of {capstone} has no reference to compare with: its run wrote none. Run the pipeline "
            f"again with `capstan run {capstone}`; training comes from the cache."
        )
    live_log = live_log or LiveLog(capstone, task, as_of or datetime.now(UTC), hours)
    log, count = live_log.recent(version, by_prediction_time=as_of is not None)
    if count < MIN_PREDICTIONS:
        answered = f"Version {version} of {capstone} answered {count} predictions in the last {hours:g} h"
        return Watched({"predictions": count}, note=f"{answered}; fewer than {MIN_PREDICTIONS} show no drift.")
    reference = signals.untimed(reference, task)
    live = signals.of_predictions(task, log, reference, lambda: registry.load_version(capstone, version).model)
    filled = [name for name in live if is_comparable(live[name]) and is_comparable(reference[name])]
    live_log.stage(f"reporting on the drift of {len(filled)} columns in {count:,} predictions")
    current, name = signals.sample(live[filled]), f"live, version {version}, run {run[:8]}"
    compared = compare(name, signals.as_logged(reference[filled]), current, at=as_of)
    outcome = task.OUTCOME
    runs = {name: compared.run} | _performance(task, version, live_log, run)
    workspace.add(capstone, task.TITLE, runs, outcome.kind if outcome else None)
    counts: dict[str, float] = {"predictions": count, "columns": len(filled), "drifted": compared.drifted}
    return Watched(counts, compared.page, _left_out(task, reference, live, filled))


def _performance(task: Capstone, version: str, live_log: LiveLog, run: str) -> dict[str, Any]:
    """Return, by name, a report on the predictions of the last weeks whose labels are known, if there are enough."""
    outcome = task.OUTCOME
    if outcome is None:
        return {}
    live_log.stage("reporting on the performance")
    log = live_log.labelled(version).tail(signals.SAMPLE_ROWS)
    answers = [answer[outcome.prediction] for answer in log["prediction"]]
    targets = signals.targets(task, log["label"]).to_numpy()
    rows = pd.DataFrame({outcome.target: targets, outcome.prediction: answers})
    if len(rows) < MIN_PREDICTIONS or rows[outcome.target].nunique() < 2:
        return {}
    label, prediction = {"binary": (int, float), "multiclass": (str, str), "regression": (float, float)}[outcome.kind]
    rows = rows.astype({outcome.target: label, outcome.prediction: prediction})
    name = f"performance, version {version}, run {run[:8]}"
    return {name: performance(name, rows, outcome, live_log.now)}


def _left_out(task: Capstone, reference: pd.DataFrame, live: pd.DataFrame, compared: list[str]) -> str:
    """Return a line about the signals that are not compared, or "". Nobody expects the label in the log."""
    outcome = task.OUTCOME
    absent = [name for name in reference if name not in live and not (outcome and name == outcome.target)]
    empty = [name for name in live if name not in compared]
    parts = {"Not in the prediction log, so not watched": absent, "Without values that can be compared": empty}
    return " ".join(f"{words}: {', '.join(names)}." for words, names in parts.items() if names)
