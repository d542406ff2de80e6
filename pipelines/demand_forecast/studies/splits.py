"""The days that studies test on. Everything before them is there to learn from.

The last three were written down before anything was measured on them. None has a day of another, so that a method that
is best on one by luck is not best on all.
"""

from functools import cache

from capstan.settings import settings
from data_sets import elecdemand
from models.forecasting.windows import Windows, between
from pipelines.demand_forecast.cuts import cut

BEGIN = "2014-01-01"
MAIN = "October to December"
# name -> the first day, and the one after the last, by the market's clock
SPLITS = {
    MAIN: ("2014-10-01", "2015-01-01"),
    "April and May": ("2014-04-01", "2014-06-01"),
    "June and July": ("2014-06-01", "2014-08-01"),
    "August and September": ("2014-08-01", "2014-10-01"),
}


def parts(windows: Windows, name: str) -> tuple[Windows, Windows]:
    """Return the windows of the year to learn from, and those to test on. name: one of `SPLITS`."""
    first, end = SPLITS[name]
    return between(windows, BEGIN, first), between(windows, first, end)


@cache
def year() -> Windows:
    """Return the windows of the year."""
    return cut(elecdemand.half_hours(settings().data_dir))
