"""What monitoring watches: scores, decisions, what turned out to be an anomaly, and whether values change and come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.anomaly import streams
from pipelines.anomaly.columns import ANOMALY, STREAM
from pipelines.anomaly.labels import judged

if TYPE_CHECKING:
    from pipelines.anomaly.model import AnomalyModel

MOST = 16  # times the usual interval


def signals(
    model: AnomalyModel, points: pd.DataFrame, windows: pd.DataFrame, every: int, start: int = 0
) -> pd.DataFrame:
    """Return a row for one value in `every` of each stream, without those that are learned from alone.

    The rows are in a fixed random order: those of a stream are alike, and a check takes neighbouring rows as a day.
    """
    labels, parts = judged(points, windows), []
    for name, lines in streams.lines(points, model.threshold).items():
        places = np.flatnonzero(labels[name].counts)[start::every]
        inside = (labels[name].window[places] >= 0).astype(int)
        parts.append(shown(model, lines.iloc[places]).assign(**{STREAM: name, ANOMALY: inside}))
    return pd.concat(parts).sample(frac=1, random_state=0, ignore_index=True)


def shown(model: AnomalyModel, lines: pd.DataFrame) -> pd.DataFrame:
    """Return what is watched of lines, as `streams.lines` has them."""
    own = {"score": model.shown(lines["score"].to_numpy()), "decision": lines["decision"].to_numpy()}
    return live(lines).reset_index(drop=True).assign(**own)


def live(answers: pd.DataFrame) -> pd.DataFrame:
    """Return `still`, `late` and `jumps` of answers: what frozen sensors, lost values and tripled noise change.

    Versions before had no `unchanged`: theirs have nothing more to watch.
    """
    if "unchanged" not in answers:
        return pd.DataFrame(index=answers.index)
    runs, gaps, noise = (answers[name].astype(float) for name in ("unchanged", "gap", "noise"))
    late = np.log2(gaps.clip(1 / MOST, MOST))
    return pd.DataFrame({"still": np.log2(runs), "late": late, "jumps": np.log2(noise)})
