"""The last days of the same kind: working days for a working day, days off for a day off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.forecasting.windows import DAY, Windows


class Alike(NamedTuple):
    """For each half-hour of the day ahead, shape (n, 48), by the days of the week before that are of its kind.

    age: of the last one, in days, 0 is yesterday. demand, temperature: of the last one. mean: the demand of all.
    """

    age: np.ndarray
    demand: np.ndarray
    temperature: np.ndarray
    mean: np.ndarray


def alike(windows: Windows) -> Alike:
    """Return the last days of the same kind. Where the week has none, a week ago takes their place."""
    n, same = len(windows), kind(windows)
    past, warm = windows.demand.reshape(n, 7, DAY), windows.temperature.reshape(n, 7, DAY)
    age = same[:, ::-1].argmax(axis=1)[:, None]
    return Alike(
        age=age[:, 0],
        demand=np.take_along_axis(past, 6 - age, axis=1)[:, 0],
        temperature=np.take_along_axis(warm, 6 - age, axis=1)[:, 0],
        mean=(past * same).sum(axis=1) / same.sum(axis=1),
    )


def kind(windows: Windows) -> np.ndarray:
    """Return which half-hours of the week are of the same kind as those of the day, shape (n, 7, 48)."""
    works = windows.working.reshape(len(windows), 8, DAY)
    same = works[:, :7] == works[:, 7:]
    same[:, 0] |= ~same.any(axis=1)
    return np.asarray(same)
