"""The labels of streams, as the scoring wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.anomaly.nab_scoring import STANDARD, Judged, Profile, judge
from pipelines.anomaly.columns import STREAM, TIME

if TYPE_CHECKING:
    import pandas as pd


def judged(points: pd.DataFrame, windows: pd.DataFrame, profile: Profile = STANDARD) -> dict[str, Judged]:
    """Return what alerts at each point of each stream are worth, by the stream's name."""
    of_stream = dict(list(windows.groupby(STREAM)))
    labels = {}
    for name, rows in points.groupby(STREAM, sort=False, observed=True):
        times = rows[TIME].to_numpy()
        marked = of_stream.get(name)
        ends = [] if marked is None else marked.sort_values("first")[["first", "last"]].to_numpy().tolist()
        places = [tuple(np.searchsorted(times, np.array(pair, dtype="datetime64[ns]")).tolist()) for pair in ends]
        labels[str(name)] = judge(len(times), [(first, min(last, len(times) - 1)) for first, last in places], profile)
    return labels
