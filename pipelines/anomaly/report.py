"""What a run shows of a model: the score of NAB on streams that it did not learn from, each stream, and two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.anomaly import records, windowed_gaussian
from models.anomaly.nab_scoring import PROFILES, Judged, Profile, total
from models.metrics import paired
from pipelines.anomaly import cards
from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.labels import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from pipelines.anomaly.model import AnomalyModel

PROFILE_METRICS = {"nab": "standard", "nab_few_false": "few false alerts", "nab_few_misses": "few misses"}
DRAWN = 4


def evaluate(model: AnomalyModel, points: pd.DataFrame, windows: pd.DataFrame) -> Evaluation:
    """Return the metrics on labelled streams, and the sections of the report."""
    scores = model.scores(points)
    alerts = {name: values >= model.threshold for name, values in scores.items()}
    rivals = {
        "windowed Gaussian": alerts_of(points, windowed_gaussian.scores, windowed_gaussian.PUBLISHED),
        "records": alerts_of(points, records.scores, 1),
    }
    units = pd.DataFrame()
    for metric, profile in PROFILE_METRICS.items():
        labels = judged(points, windows, PROFILES[profile])
        units[metric] = by_stream(labels, alerts, PROFILES[profile])
    labels = judged(points, windows)
    metrics = {name: float(units[name].mean()) for name in units} | counted(labels, alerts)
    baselines = {
        name: pd.DataFrame({"nab": by_stream(labels, raised, PROFILES["standard"])}) for name, raised in rivals.items()
    }
    each = listed(labels, alerts)
    sections = [
        Section("Some streams, with their windows and alerts", figure(points, windows, alerts, each)),
        Section("Each stream", each),
        *cards.sections(model, points, windows, metrics),
    ]
    return Evaluation(metrics, sections, units, baselines)


def alerts_of(
    points: pd.DataFrame, scores: Callable[[np.ndarray], np.ndarray], threshold: float
) -> dict[str, np.ndarray]:
    """Return the alerts of a detector that learns nothing, by the stream's name."""
    groups = points.groupby(STREAM, sort=False, observed=True)
    return {str(name): scores(rows[VALUE].to_numpy()) >= threshold for name, rows in groups}


def by_stream(labels: Mapping[str, Judged], alerts: Mapping[str, np.ndarray], profile: Profile) -> np.ndarray:
    """Return a value per stream whose mean is the score of NAB, shape (streams,)."""
    windows = np.array([label.windows for label in labels.values()], dtype=float)
    earned = np.array([total(label, alerts[name]) for name, label in labels.items()])
    return paired.ratio(100 * (earned + profile.missed * windows), (1 + profile.missed) * windows)


def counted(labels: Mapping[str, Judged], alerts: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the share of windows with an alert, and the false alerts per 1,000 values."""
    found = windows = false = values = 0
    for name, label in labels.items():
        raised = alerts[name] & label.counts
        found += len(np.unique(label.window[raised & (label.window >= 0)]))
        windows += label.windows
        false += int((raised & (label.window < 0)).sum())
        values += int((label.counts & (label.window < 0)).sum())
    return {"windows_found": found / windows, "false_per_1000": 1_000 * false / values}


def listed(labels: Mapping[str, Judged], alerts: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return a row per stream: its windows, those with an alert, false alerts, and what the alerts earn."""
    rows = []
    for name, label in labels.items():
        raised = alerts[name] & label.counts
        found = len(np.unique(label.window[raised & (label.window >= 0)]))
        false = int((raised & (label.window < 0)).sum())
        row = {STREAM: name, "windows": label.windows, "found": found, "false alerts": false}
        rows.append(row | {"earned": round(total(label, alerts[name]) + label.missed * label.windows, 2)})
    return pd.DataFrame(rows).sort_values("earned", ascending=False, ignore_index=True)


def figure(points: pd.DataFrame, windows: pd.DataFrame, alerts: Mapping[str, np.ndarray], each: pd.DataFrame) -> Figure:
    """Return the streams that earn the most and the least, with their windows and alerts."""
    from matplotlib.figure import Figure

    half = DRAWN // 2
    names = [*each[STREAM].head(half), *each[STREAM].tail(half)]
    drawn = Figure(figsize=(9, 2.2 * len(names)), layout="constrained")
    for axes, name in zip(np.atleast_1d(drawn.subplots(len(names))), names, strict=True):
        rows = points[points[STREAM] == name]
        axes.plot(rows[TIME], rows[VALUE], linewidth=0.7)
        for _, window in windows[windows[STREAM] == name].iterrows():
            axes.axvspan(window["first"], window["last"], alpha=0.2, color="tab:green")
        raised = rows[alerts[name]]
        axes.plot(raised[TIME], raised[VALUE], "v", color="tab:red", markersize=6)
        axes.set_title(name, fontsize=9)
    return drawn
