"""The weeks of Dominick's, from Thursday to Wednesday, their season, and the holidays that people buy for.

Week 1 began on 1989-09-14. Source: the table of weeks in the data manual of the Kilts Center for Marketing, as
https://github.com/eurostat/dff has it.
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np

FIRST = date(1989, 9, 14)
YEAR = 365.25 / 7  # weeks
# The holidays of the years that the sales span. Easter and Thanksgiving move.
HOLIDAYS = [
    *(date(1990, *day) for day in ((7, 4), (9, 3), (11, 22), (12, 25))),
    *(date(1991, *day) for day in ((1, 1), (3, 31), (5, 27), (7, 4), (9, 2), (11, 28), (12, 25))),
    *(date(1992, *day) for day in ((1, 1), (4, 19), (5, 25), (7, 4), (9, 7), (11, 26), (12, 25))),
]
SHOPPING = timedelta(days=3)  # people buy before a holiday


def number(day: date) -> int:
    """Return the number of the week that a day is in."""
    return (day - FIRST).days // 7 + 1


def start(week: int) -> date:
    """Return the Thursday on which a week begins."""
    return FIRST + timedelta(days=7 * (week - 1))


def instant(week: int) -> datetime:
    """Return midnight at which a week begins, as UTC: the file has days alone."""
    day = start(week)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def calendar(weeks: np.ndarray, waves: int = 0) -> np.ndarray:
    """Return whether people shop for a holiday, and the season as waves of a year, shape (n, 1 + 2 waves)."""
    angles = [2 * np.pi * wave * np.asarray(weeks, float) / YEAR for wave in range(1, waves + 1)]
    return np.column_stack([holiday(weeks), *(turn(angle) for angle in angles for turn in (np.sin, np.cos))])


def holiday(weeks: np.ndarray) -> np.ndarray:
    """Return 1 for each week with a day on which people shop for a holiday, else 0, shape (n,)."""
    shopped = {number(day - SHOPPING) for day in HOLIDAYS}
    return np.isin(np.asarray(weeks, int), list(shopped)).astype(float)
