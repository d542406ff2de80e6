"""What monitoring watches: scores, decisions, and what turned out to be an anomaly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.anomaly import streams
from pipelines.anomaly.columns import ANOMALY, STREAM
from pipelines.anomaly.labels import judged

if TYPE_CHECKING:
    from pipelines.anomaly.model import AnomalyModel


def signals(model: AnomalyModel, points: pd.DataFrame, windows: pd.DataFrame, every: int) -> pd.DataFrame:
    """Return a row for one value in `every` of each stream, without those that are learned from alone."""
    labels, parts = judged(points, windows), []
    for name, (scores, decisions) in streams.decisions(points, model.threshold).items():
        at = np.flatnonzero(labels[name].counts)[::every]
        inside = labels[name].window[at] >= 0
        shown = {"score": model.shown(scores[at]), "decision": decisions[at]}
        columns = {STREAM: name, **shown, ANOMALY: inside.astype(int)}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
