"""The days that the comparison tests on. Everything before them is there to learn from.

The last three were written down before anything was measured on them. None has a day of another, so that a method that
is ahead on one by luck is not ahead on all.
"""

from pipelines.demand_forecast.windows import Windows, between

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
