"""What a linear model gets of a day: how it differs from the days of the week before that are of its kind.

Their mean demand holds how people live. What is left is the temperature: the inputs are how much warmer or colder the
day is than they were, on the scale of what heats and cools. Source: Hong, "Short term electric load forecasting"
(2010), for degrees above and below comfort, their squares, and those of the hours before.
"""

from __future__ import annotations

import numpy as np

from models.forecasting.alike import alike, kind
from models.forecasting.windows import DAY, WEEK, Windows

COMFORT = 18.0  # degrees C: about where neither heating nor cooling is on
MEMORY = (1, 6, 24, 48)  # half-hours: walls and people remember the temperature of so many


def inputs(windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs of each half-hour, shape (n, 48, k), and the mean demand of the days alike, (n, 48).

    windows: with a temperature of the day, measured or expected.
    """
    n = len(windows)
    past, like = windows.demand.reshape(n, 7, DAY), alike(windows)
    works = windows.working.reshape(n, 8, DAY)
    weekday = windows.clock()[1][:, WEEK:]

    def day(values: np.ndarray) -> np.ndarray:
        """Repeat what is one number per window for its half-hours."""
        return np.broadcast_to(values[:, None], (n, DAY))

    columns = [
        *(past[:, number] - like.mean for number in (0, 1, 4, 5, 6)),
        like.demand - like.mean,
        day(windows.demand[:, -1] - windows.demand[:, -1 - DAY]),
        day(windows.demand[:, -DAY:].mean(axis=1) - windows.demand.mean(axis=1)),
        works[:, 7],
        works[:, 6],
        works[:, 7] & works[:, 6],
        *(weekday == number for number in range(7)),
    ]
    whole = np.stack([np.asarray(values, float) for values in columns], axis=-1)
    return np.concatenate([whole, warmer(windows)], axis=-1), like.mean


def warmer(windows: Windows) -> np.ndarray:
    """Return the degrees of the day less those of the days alike, on average, shape (n, 48, 4 for each memory)."""
    assert windows.ahead is not None, "the inputs need a temperature of the day"
    n, same = len(windows), kind(windows)[..., None]
    both, differences = np.hstack([windows.temperature, windows.ahead]), []
    for steps in MEMORY:
        of_days = degrees(trailing(both, steps)).reshape(n, 8, DAY, -1)
        differences.append(of_days[:, 7] - (of_days[:, :7] * same).sum(axis=1) / same.sum(axis=1))
    return np.concatenate(differences, axis=-1)


def degrees(temperature: np.ndarray) -> np.ndarray:
    """Return the degrees above and below comfort, and their squares, shape (..., 4)."""
    warm, cold = np.maximum(temperature - COMFORT, 0), np.maximum(COMFORT - temperature, 0)
    return np.stack([warm, cold, warm**2 / 10, cold**2 / 10], axis=-1)


def trailing(values: np.ndarray, steps: int) -> np.ndarray:
    """Return the mean of the last `steps` half-hours, or of as many as there are, of the same shape (n, time)."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    last = np.arange(1, values.shape[1] + 1)
    first = np.maximum(last - steps, 0)
    return np.asarray((total[:, last] - total[:, first]) / (last - first))
