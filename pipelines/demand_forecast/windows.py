"""What is known when a day is forecast, and the day itself: one window per origin, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from data_sets.elecdemand import LOCAL, ZONE

if TYPE_CHECKING:
    import pandas as pd

DAY, WEEK = 48, 336  # half-hours
FOLDS = 4  # every fourth week is forecast by what learned the others
LEVELS = [0.1, 0.3, 0.5, 0.7, 0.9]


@dataclass(frozen=True)
class Windows:
    """n origins, each with the week before and the day after.

    start: the first half-hour of the day, UTC, shape (n,). demand, temperature: of the week before, shape (n, 336).
    ahead: the day's temperature, shape (n, 48), or None where it is not known. working: whether people work, for the
    week and the day, shape (n, 384). target: the day's demand, shape (n, 48), or None.
    """

    start: pd.DatetimeIndex
    demand: np.ndarray
    temperature: np.ndarray
    working: np.ndarray
    ahead: np.ndarray | None = None
    target: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: np.ndarray | list[int] | slice) -> Windows:
        """Return the windows of some rows."""
        parts = {name: value for name, value in vars(self).items() if value is not None}
        return replace(self, **{name: value[rows] for name, value in parts.items()})

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
        local = flat.tz_convert(LOCAL)
        shape = (len(self), WEEK + DAY)
        slot, weekday = local.hour * 2 + local.minute // 30, flat.tz_convert(ZONE).dayofweek
        return slot.to_numpy().reshape(shape), weekday.to_numpy().reshape(shape)


def cut(half_hours: pd.DataFrame, every: int = DAY) -> Windows:
    """Return the windows of a table, one in `every` half-hours, counted from midnight of the market's clock.

    An origin whose week or day misses a half-hour is left out.
    """
    import pandas as pd

    table = half_hours.set_index("time").sort_index()
    table = table[~table.index.duplicated()].asfreq("30min")
    size = WEEK + DAY
    if len(table) < size:
        raise CapstanError(
            f"{len(table)} half-hours are too few: a forecast needs {size}, a week before and a day. Give it more data."
        )
    first = table.index[0].tz_convert(ZONE)
    offset = (first.hour * 2 + first.minute // 30 + WEEK) % every
    rows = np.arange((every - offset) % every, len(table) - size + 1, every)
    columns = {
        name: table[name].to_numpy(float)[rows[:, None] + np.arange(size)] for name in half_hours if name != "time"
    }
    whole = ~np.isnan(np.stack(list(columns.values()))).any(axis=(0, 2))
    columns = {name: values[whole] for name, values in columns.items()}
    return Windows(
        start=pd.DatetimeIndex(table.index[rows[whole] + WEEK]),
        demand=columns["demand"][:, :WEEK],
        temperature=columns["temperature"][:, :WEEK],
        working=columns["working_day"] == 1,
        ahead=columns["temperature"][:, WEEK:],
        target=columns["demand"][:, WEEK:],
    )


def between(windows: Windows, first: str, last: str) -> Windows:
    """Return the windows whose day starts from `first` up to and without `last`, dates of the market's clock."""
    import pandas as pd

    inside = (windows.start >= pd.Timestamp(first, tz=ZONE)) & (windows.start < pd.Timestamp(last, tz=ZONE))
    return windows[np.asarray(inside)]


def weeks(windows: Windows) -> np.ndarray:
    """Return the number of the week, from Monday on the market's clock, that each window's day starts in."""
    days = windows.start.tz_convert(ZONE).tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)
    return np.asarray((days + 3) // 7)  # 1970-01-01 was a Thursday
