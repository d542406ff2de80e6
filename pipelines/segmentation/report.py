"""What a run shows of a segmentation, on customers of a later day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.evaluation import Evaluation, Section
from pipelines.segmentation import choice, drift, plots, stability, words
from pipelines.segmentation.columns import DAY

if TYPE_CHECKING:
    from pipelines.segmentation.model import Segments


def evaluate(model: Segments, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics and the sections of the report."""
    points = model.scaling.points(rows)
    labels = model.clusters.predict(points)
    names = np.array(model.names)[labels]
    shares = pd.concat([model.shares, share_by_day(rows, names)]).fillna(0.0)
    before, after = shares.iloc[:-1].mean(), shares.iloc[-1]
    pairs = stability.agreement(model.refits, points)
    metrics = {
        "stability": float(pairs.mean()),
        "lowest_stability": float(pairs.min()),
        **choice.measures(points, labels),
        "size_drift": drift.stability_index(before.to_numpy(), after.to_numpy()),
    }
    sections = [
        Section("The segments", table(model, rows, labels)),
        Section("Two maps of the customers", plots.maps(points, names)),
        Section("Sizes by day; the last one is the test", plots.sizes(shares)),
        Section("Sizes by day, in percent", (100 * shares).round(1).rename_axis(None, axis=1).reset_index()),
        Section("The candidates, on the days before", model.candidates),
    ]
    return Evaluation(metrics, sections)


def share_by_day(rows: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """Return the share of each segment, one row per day."""
    return rows.assign(segment=names).groupby(DAY)["segment"].value_counts(normalize=True).unstack()


def table(model: Segments, rows: pd.DataFrame, labels: np.ndarray) -> pd.DataFrame:
    """Return one row per segment: in words, its medians, and its shares of customers and of money in percent."""
    profiles = words.profiles(rows, labels).round({"recency": 0, "frequency": 1, "money": 0})
    profiles.insert(0, "segment", [model.names[label] for label in profiles.index])
    profiles.insert(1, "in words", [model.words[name] for name in profiles["segment"]])
    for name, title in (("share", "% of customers"), ("of_money", "% of money")):
        profiles[title] = (100 * profiles.pop(name)).round(1)
    return profiles.sort_values("segment")
