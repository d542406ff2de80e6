"""What is served: one forecaster for days whose temperature is known, and one for those whose is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.model import Model
from pipelines.demand_forecast.data import LOCAL, ZONE
from pipelines.demand_forecast.measures import MIDDLE
from pipelines.demand_forecast.windows import DAY, LEVELS, WEEK, Windows

if TYPE_CHECKING:
    import pandas as pd

    from capstan.model import Columns
    from pipelines.demand_forecast.conformal import Calibrated


class DemandModel(Model):
    """Two calibrated forecasters. The request's `temperature_ahead` decides which one answers."""

    inputs = {
        "start": "datetime",
        "demand": "double[]",
        "temperature": "double[]",
        "temperature_ahead": "double[]",
        "holidays": "string[]",
    }

    def __init__(self, without: Calibrated, known: Calibrated):
        self.without, self.known = without, known
        self.requirements = sorted({*without.requirements, *known.requirements})

    def forecast(self, windows: Windows) -> np.ndarray:
        """Return the quantiles, GW, shape (n, 48, levels)."""
        return (self.without if windows.ahead is None else self.known).predict(windows)

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the quantiles of each day, the highest median and when it is."""
        ahead = [list(values) for values in columns["temperature_ahead"]]
        known = np.array([len(values) > 0 for values in ahead])
        quantiles = np.empty((len(ahead), DAY, len(LEVELS)))
        windows = asked(columns)
        if not known.all():
            quantiles[~known] = self.forecast(windows[~known])
        if known.any():
            temperatures = np.array([values for values in ahead if values], dtype=float)
            some = windows[known]
            quantiles[known] = self.forecast(Windows(**vars(some) | {"ahead": temperatures}))
        quantiles = quantiles.round(3)  # a megawatt
        highest = quantiles[..., MIDDLE].argmax(axis=1)
        return {
            "quantiles": quantiles,
            "peak": quantiles[..., MIDDLE].max(axis=1),
            "peak_at": [clock_time(*pair) for pair in zip(windows.start, highest, strict=True)],
        }


def asked(columns: Columns) -> Windows:
    """Return the windows of requests, without the temperature ahead."""
    import pandas as pd

    start = pd.DatetimeIndex(pd.to_datetime(list(columns["start"]), utc=True))
    return Windows(
        start=start,
        demand=np.array([list(values) for values in columns["demand"]], dtype=float),
        temperature=np.array([list(values) for values in columns["temperature"]], dtype=float),
        working=np.stack([works(*pair) for pair in zip(start, columns["holidays"], strict=True)]),
    )


def works(start: pd.Timestamp, holidays: Sequence[str | date]) -> np.ndarray:
    """Return whether each half-hour of the week before and of the day is one of a working day, shape (384,)."""
    import pandas as pd

    times = pd.date_range(start.tz_convert(ZONE) - pd.Timedelta(minutes=30 * WEEK), periods=WEEK + DAY, freq="30min")
    free = pd.DatetimeIndex(pd.to_datetime([str(day) for day in holidays]))
    return np.asarray((times.dayofweek < 5) & ~times.tz_localize(None).normalize().isin(free))


def clock_time(start: pd.Timestamp, steps: int) -> str:
    """Return the time on people's clock some half-hours after an instant, such as 17:30."""
    import pandas as pd

    return str((start + pd.Timedelta(minutes=30 * int(steps))).tz_convert(LOCAL).strftime("%H:%M"))
