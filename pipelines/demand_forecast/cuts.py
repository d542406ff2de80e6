"""The year of half-hours as windows, one per origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from capstan.errors import CapstanError
from data_sets.elecdemand import LOCAL, ZONE
from models.forecasting.windows import DAY, WEEK, Windows

if TYPE_CHECKING:
    import pandas as pd


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
        zone=ZONE,
        local=LOCAL,
    )
