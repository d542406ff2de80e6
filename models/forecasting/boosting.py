"""Gradient boosting with quantiles: a row per half-hour of the day ahead, a booster per level."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from models.forecasting.alike import alike
from models.forecasting.windows import DAY, LEVELS, WEEK, Windows

SETTINGS: dict[str, Any] = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
}
ROUNDS = 400


class Boosting:
    """LightGBM on the difference to the last day of the same kind."""

    requirements = ("lightgbm", "numpy", "pandas")

    def __init__(self, seed: int = 0, rounds: int = ROUNDS, **settings: Any):
        self.seed, self.rounds, self.settings = seed, rounds, SETTINGS | settings

    def fit(self, windows: Windows) -> Boosting:
        """Learn from windows, with the day's temperature if they have it."""
        import lightgbm

        rows, base = inputs(windows)
        data = lightgbm.Dataset(rows, windows.truth.ravel() - base, free_raw_data=False).construct()

        def learn(level: float) -> Any:
            settings = self.settings | {"objective": "quantile", "alpha": level, "seed": self.seed, "verbose": -1}
            return lightgbm.train(settings | {"num_threads": 1}, data, self.rounds)

        # A booster has too few rows to gain from threads; the levels do not wait for each other.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.boosters = list(pool.map(learn, LEVELS))
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the quantiles in ascending order, shape (n, 48, levels)."""
        rows, base = inputs(windows)
        quantiles = np.stack([booster.predict(rows, num_threads=1) + base for booster in self.boosters], axis=-1)
        return np.sort(quantiles.reshape(len(windows), DAY, len(LEVELS)), axis=-1)


def inputs(windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return a row of inputs per half-hour, shape (n * 48, k), and the demand of the last day of the same kind."""
    n = len(windows)
    slot, weekday = (values[:, WEEK:] for values in windows.clock())
    demand, temperature = windows.demand, windows.temperature
    past, warm = demand.reshape(n, 7, DAY), temperature.reshape(n, 7, DAY)
    works = windows.working.reshape(n, 8, DAY)
    like = alike(windows)

    def day(values: np.ndarray) -> np.ndarray:
        """Repeat what is one number per window for its half-hours."""
        return np.broadcast_to(np.asarray(values)[:, None], (n, DAY))

    columns = [
        day(np.zeros(n)) + np.arange(DAY),
        slot,
        weekday,
        works[:, 7],
        like.age,
        works[:, 6],
        works[:, 0],
        past[:, 6],
        past[:, 5],
        past[:, 0],
        like.demand,
        like.mean,
        warm[:, 6],
        warm[:, 0],
        like.temperature,
        day(demand[:, -1]),
        day(demand[:, -1] - demand[:, -1 - DAY]),
        day(demand[:, -DAY:].mean(axis=1)),
        day(demand.mean(axis=1)),
        day(temperature[:, -1]),
        day(temperature[:, -1] - temperature[:, -1 - DAY]),
        day(temperature[:, -DAY:].max(axis=1)),
        day(temperature[:, -DAY:].min(axis=1)),
        day(temperature[:, -DAY:].mean(axis=1)),
        day(temperature[:, -3 * DAY :].mean(axis=1)),
        day(temperature.mean(axis=1)),
        day(temperature[:, -6:].mean(axis=1)),
    ]
    if windows.ahead is not None:
        ahead = windows.ahead
        both = np.hstack([temperature, ahead])
        columns += [
            ahead,
            ahead - warm[:, 6],
            ahead - warm[:, 0],
            ahead - like.temperature,
            trailing(both, 6),
            trailing(both, 24),
            trailing(both, 48),
            trailing(both, 144),
            day(ahead.max(axis=1)),
            day(ahead.min(axis=1)),
            day(ahead.mean(axis=1)),
        ]
    return np.stack([np.asarray(values, float).ravel() for values in columns], axis=1), like.demand.ravel()


def trailing(values: np.ndarray, steps: int) -> np.ndarray:
    """Return the mean of the last `steps` half-hours at each half-hour of the day, shape (n, 48)."""
    total = np.cumsum(values, axis=1)
    return np.asarray((total[:, WEEK:] - total[:, WEEK - steps : -steps]) / steps)
