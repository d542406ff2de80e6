"""What is served: one forecaster for days whose temperature is known, and one for those whose is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.model import Model
from capstan.errors import InvalidRow
from data_sets.elecdemand import LOCAL
from models.forecasting.measures import MIDDLE
from models.forecasting.windows import DAY, LEVELS, Windows
from pipelines.demand_forecast.days import KEY, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from capstan.contract.model import Columns
    from models.forecasting.conformal import Calibrated
    from models.forecasting.forecaster import Forecaster


class DemandModel(Model):
    """Two calibrated forecasters. The request's `temperature_ahead` decides which one answers."""

    inputs = {
        "day": "string",
        "holiday": "boolean",
        "temperature_ahead": "double[]",
        "demand": "double[]",
        "temperature": "double[]",
        "working": "long[]",
    }

    def __init__(self, without: Calibrated, known: Calibrated, ridge: Sequence[Forecaster] = ()):
        """ridge: the rivals of both, that the gate compares them with."""
        self.without, self.known, self.ridge = without, known, ridge
        self.requirements = sorted({*without.requirements, *known.requirements})

    def forecast(self, some: Windows) -> np.ndarray:
        """Return the quantiles, GW, shape (n, 48, levels)."""
        return (self.without if some.ahead is None else self.known).predict(some)

    def predict_columns(self, columns: Columns) -> dict[str, Any]:
        """Return the quantiles of each day, the highest median and when it is.

        Raises InvalidRow for a day whose week before is not known.
        """
        check(columns)
        known = np.array([values is not None and len(values) > 0 for values in columns["temperature_ahead"]])
        quantiles, starts = np.empty((len(known), DAY, len(LEVELS))), np.empty(len(known), object)
        for rows in (np.flatnonzero(known), np.flatnonzero(~known)):
            if len(rows):
                some = windows({name: [columns[name][int(row)] for row in rows] for name in self.inputs})
                quantiles[rows], starts[rows] = self.forecast(some), list(some.start)
        quantiles = quantiles.round(3)  # a megawatt
        highest = quantiles[..., MIDDLE].argmax(axis=1)
        return {
            "quantiles": quantiles,
            "peak": quantiles[..., MIDDLE].max(axis=1),
            "peak_at": [clock_time(*pair) for pair in zip(starts, highest, strict=True)],
        }


def check(columns: Columns) -> None:
    """Raise InvalidRow for a day whose week before the feature store does not know."""
    for row, (day, week) in enumerate(zip(columns[KEY], columns["demand"], strict=True)):
        if week is None or not len(week):
            message = f"The week before {day} is not known. Ask for a day whose seven days before it were measured."
            raise InvalidRow(message, row, KEY)


def clock_time(start: pd.Timestamp, steps: int) -> str:
    """Return the time on people's clock some half-hours after an instant, such as 17:30."""
    import pandas as pd

    return str((start + pd.Timedelta(minutes=30 * int(steps))).tz_convert(LOCAL).strftime("%H:%M"))
