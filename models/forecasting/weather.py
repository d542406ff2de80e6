"""The temperature of a day that nobody has forecast yet, by the week before: what replaces it where it is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.forecasting.windows import DAY, FOLDS, Windows, weeks

PENALTY = 10.0


class Weather:
    """Forty-eight ridge regressions of the day's temperature on that of the week before.

    It learns from windows that do not have the day's temperature: the window of the next day has it in its week.
    """

    def fit(self, windows: Windows) -> Weather:
        """Learn from windows of which at least some follow each other, day by day."""
        days = windows.start.tz_convert(None).to_numpy().astype("datetime64[D]").astype(int)
        followed = np.flatnonzero(np.diff(days) == 1)
        inputs, usual = _inputs(windows[followed])
        change = windows.temperature[followed + 1, -DAY:] - usual[:, None]
        self.center, self.spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
        self.usual = change.mean(axis=0)
        scaled = (inputs - self.center) / self.spread
        squares = np.einsum("nsi,nsj->sij", scaled, scaled) + PENALTY * np.eye(inputs.shape[-1])
        products = np.einsum("nsi,ns->si", scaled, change - self.usual)
        self.weights = np.linalg.solve(squares, products[..., None])[..., 0]
        return self

    def predict(self, windows: Windows) -> np.ndarray:
        """Return the expected temperature of each day, degrees C, shape (n, 48)."""
        inputs, usual = _inputs(windows)
        change = np.einsum("nsi,si->ns", (inputs - self.center) / self.spread, self.weights)
        return np.asarray(usual[:, None] + self.usual + change)

    def fill(self, windows: Windows) -> Windows:
        """Return the windows with the expected temperature as that of the day."""
        return replace(windows, ahead=self.predict(windows))


def unseen(windows: Windows) -> Windows:
    """Return the windows with the temperature that is expected by weeks other than theirs.

    What learns the demand from it learns how wrong it is.
    """
    ahead, fold = np.empty((len(windows), DAY)), weeks(windows) % FOLDS
    for number in np.unique(fold):
        rows = fold == number
        ahead[rows] = Weather().fit(windows[~rows]).predict(windows[rows])
    return replace(windows, ahead=ahead)


def disturbed(windows: Windows, error: float, seed: int = 0) -> Windows:
    """Return the windows with Gaussian errors of the day's temperature, each half-hour its own, as a forecast has them.

    error: standard deviation, degrees C. Windows without the day's temperature stay as they are.
    """
    if windows.ahead is None or not error:
        return windows
    return replace(windows, ahead=windows.ahead + np.random.default_rng(seed).normal(0, error, windows.ahead.shape))


def _inputs(windows: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs of each half-hour, shape (n, 48, k), and the mean of the week, shape (n,)."""
    past, days = windows.temperature, windows.temperature.reshape(len(windows), -1, DAY)
    whole = [
        past[:, -1],
        past[:, -6:].mean(axis=1),
        days[:, -1].mean(axis=1),
        days[:, -1].max(axis=1),
        days[:, -1].min(axis=1),
        days[:, -2].mean(axis=1),
        past.mean(axis=1),
        past[:, -1] - past[:, -1 - DAY],
    ]
    columns = [*(np.broadcast_to(values[:, None], (len(windows), DAY)) for values in whole), days[:, -1], days[:, -2]]
    return np.stack(columns, axis=-1), whole[6]
