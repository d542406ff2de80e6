"""What is known when a day is forecast, and the day itself: one window per origin, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

DAY, WEEK = 48, 336  # half-hours
FOLDS = 4  # every fourth week is forecast by what learned the others
CLOCKS = ("zone", "local")
LEVELS = [0.1, 0.3, 0.5, 0.7, 0.9]


@dataclass(frozen=True)
class Windows:
    """n origins, each with the week before and the day after.

    start: the first half-hour of the day, UTC, shape (n,). demand, temperature: of the week before, shape (n, 336).
    ahead: the day's temperature, shape (n, 48), or None where it is not known. working: whether people work, for the
    week and the day, shape (n, 384). target: the day's demand, shape (n, 48), or None. zone: the clock of the days;
    local: people's clock, both as names of time zones.
    """

    start: pd.DatetimeIndex
    demand: np.ndarray
    temperature: np.ndarray
    working: np.ndarray
    ahead: np.ndarray | None = None
    target: np.ndarray | None = None
    zone: str = "UTC"
    local: str = "UTC"

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: np.ndarray | list[int] | slice) -> Windows:
        """Return the windows of some rows."""
        parts = {name: value[rows] for name, value in vars(self).items() if value is not None and name not in CLOCKS}
        return replace(self, **parts)

    @property
    def truth(self) -> np.ndarray:
        """The days' demand, shape (n, 48), of windows that have it."""
        assert self.target is not None, "these windows are of requests, whose day is yet to come"
        return self.target

    def blind(self) -> Windows:
        """Return the windows without the day's temperature."""
        return replace(self, ahead=None)

    def clock(self) -> tuple[np.ndarray, np.ndarray]:
        """Return people's half-hour of the day (0 to 47) and the weekday (0 is Monday), each of shape (n, 384)."""
        import pandas as pd

        steps = pd.to_timedelta(np.arange(-WEEK, DAY) * 30, unit="min").to_numpy()
        flat = pd.DatetimeIndex((self.start.tz_convert(None).to_numpy()[:, None] + steps).ravel(), tz="UTC")
        local = flat.tz_convert(self.local)
        shape = (len(self), WEEK + DAY)
        slot, weekday = local.hour * 2 + local.minute // 30, flat.tz_convert(self.zone).dayofweek
        return slot.to_numpy().reshape(shape), weekday.to_numpy().reshape(shape)


def between(windows: Windows, first: str, last: str) -> Windows:
    """Return the windows whose day starts from `first` up to and without `last`, dates of the clock of the days."""
    import pandas as pd

    begin, end = (pd.Timestamp(day, tz=windows.zone) for day in (first, last))
    inside = (windows.start >= begin) & (windows.start < end)
    return windows[np.asarray(inside)]


def weeks(windows: Windows) -> np.ndarray:
    """Return the number of the week, from Monday on the clock of the days, that each window's day starts in."""
    days = windows.start.tz_convert(windows.zone).tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)
    return np.asarray((days + 3) // 7)  # 1970-01-01 was a Thursday
