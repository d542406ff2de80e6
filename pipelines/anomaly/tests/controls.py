"""What must not become champion: see tests/support/controls.py."""

import numpy as np
import pandas as pd

from models.anomaly import windowed_gaussian
from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.model import AnomalyModel
from tests.support.controls import Parts, Tables, damaged

SETTINGS: dict[str, object] = {}


def elsewhere(data: Parts) -> Parts:
    """Put each window of the labels to learn from anywhere in its stream."""
    random, points = np.random.default_rng(0), data[0]["points"]
    windows = data[0]["windows"].sort_values([STREAM, "first"], ignore_index=True)
    moved = []
    for name, rows in windows.groupby(STREAM):
        times = points.loc[points[STREAM] == name, TIME].to_numpy()
        width = max(len(times) // 60, 2)
        starts = np.sort(random.choice(len(times) // width - 1, len(rows), replace=False)) * width
        moved.append(pd.DataFrame({STREAM: name, "first": times[starts], "last": times[starts + width - 1]}))
    return data[0] | {"windows": pd.concat(moved, ignore_index=True)}, data[1]


def few(data: Parts) -> Parts:
    """Leave five streams."""
    names = sorted(data[0]["points"][STREAM].unique())[:5]
    return {name: rows[rows[STREAM].isin(names)] for name, rows in data[0].items()}, data[1]


CONTROLS = {"windows anywhere": elsewhere, "values in any order": damaged("points", "value"), "five streams": few}


class Simple(AnomalyModel):
    """The windowed Gaussian in the place of our detector."""

    def scores(self, points: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the scores of the windowed Gaussian."""
        groups = points.groupby(STREAM, sort=False, observed=True)
        return {str(name): windowed_gaussian.scores(rows[VALUE].to_numpy()) for name, rows in groups}


def baseline(past: Tables) -> AnomalyModel:
    """Return the windowed Gaussian with its published threshold, which learns nothing."""
    return Simple(windowed_gaussian.PUBLISHED)
