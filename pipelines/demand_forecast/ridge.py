"""Forty-eight linear models, one per half-hour of the day ahead, each with a penalty on its weights.

Source: Hong, "Short term electric load forecasting" (2010), for linear models with the temperature's square and its
product with the time of day; here the time of day is a model of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipelines.demand_forecast.alike import alike
from pipelines.demand_forecast.boosting import trailing
from pipelines.demand_forecast.windows import DAY, LEVELS, WEEK, Windows

COMFORT = 18.0  # degrees C: about where neither heating nor cooling is on
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)  # each half-hour takes the one with the least leave-one-out error


class Ridge:
    """Ridge regression on what is known of the days before and of the day ahead."""

    requirements = ("numpy", "pandas", "scikit-learn", "scipy")

    def __init__(self, seed: int = 0, penalties: tuple[float, ...] = PENALTIES):
        self.penalties = penalties
        self.seed = seed  # there is nothing random in it

    def fit(self, windows: Windows) -> Ridge:
        """Learn from windows, with the day's temperature if they have it."""
        from sklearn.linear_model import RidgeCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        inputs, base = _inputs(windows)
        change = windows.truth - base
        self.models: list[Any] = []
        deviations = []
        for slot in range(DAY):
            line = RidgeCV(list(self.penalties), store_cv_results=True)
            self.models.append(make_pipeline(StandardScaler(), line).fit(inputs[:, slot], change[:, slot]))
            errors = line.cv_results_[..., self.penalties.index(line.alpha_)]  # squared, leave-one-out
            deviations.append(np.sqrt(errors.mean()))
            del line.cv_results_
        self.deviations = np.array(deviations)
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles of a normal distribution around each line, shape (n, 48, levels)."""
        from scipy.stats import norm

        inputs, base = _inputs(windows)
        middle = base + np.stack([model.predict(inputs[:, slot]) for slot, model in enumerate(self.models)], axis=1)
        return np.asarray(middle[..., None] + self.deviations[:, None] * norm.ppf(LEVELS))


def _inputs(windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs of each half-hour, shape (n, 48, k), and the mean demand of the days alike, (n, 48)."""
    n = len(windows)
    past, warm = windows.demand.reshape(n, 7, DAY), windows.temperature.reshape(n, 7, DAY)
    works, like = windows.working.reshape(n, 8, DAY), alike(windows)
    weekday = windows.clock()[1][:, WEEK:]

    def day(values: np.ndarray) -> np.ndarray:
        """Repeat what is one number per window for its half-hours."""
        return np.broadcast_to(np.asarray(values, float)[:, None], (n, DAY))

    columns = [
        *(past[:, number] - like.mean for number in (0, 1, 4, 5, 6)),
        like.demand - like.mean,
        works[:, 7],
        works[:, 6],
        works[:, 7] * works[:, 6],
        *((weekday == number) for number in range(7)),
        day(windows.demand[:, -1] - windows.demand[:, -1 - DAY]),
        day(windows.demand[:, -DAY:].mean(axis=1) - windows.demand.mean(axis=1)),
        *_degrees(warm[:, 6]),
        *_degrees(day(windows.temperature[:, -DAY:].mean(axis=1))),
        *_degrees(day(windows.temperature.mean(axis=1))),
        *_degrees(like.temperature),
        day(windows.temperature[:, -1]),
    ]
    if windows.ahead is not None:
        both = np.hstack([windows.temperature, windows.ahead])
        for values in (windows.ahead, *(trailing(both, steps) for steps in (6, 24, 48, 144))):
            columns += _degrees(values)
        columns += [*_degrees(day(windows.ahead.max(axis=1))), *_degrees(day(windows.ahead.mean(axis=1)))]
    return np.stack([np.asarray(values, float) for values in columns], axis=-1), like.mean


def _degrees(temperature: np.ndarray) -> list[np.ndarray]:
    """Return the degrees above and below comfort, and their squares, each of the same shape."""
    warm, cold = np.maximum(temperature - COMFORT, 0), np.maximum(COMFORT - temperature, 0)
    return [warm, cold, warm**2 / 10, cold**2 / 10]
