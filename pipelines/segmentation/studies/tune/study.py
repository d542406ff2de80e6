"""How strongly should the forecasts be held back?

k-means of the forecasts, fitted on the first two days and judged on the third, as `choice.py` judges candidates. The
days of the test are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import online_retail as invoices
from pipelines.segmentation import choice, customers, stability
from pipelines.segmentation.columns import CHOICE, COUNTS, DAY
from pipelines.segmentation.divisions import Segments

PENALTIES = (1.0, 10.0, 100.0, 1_000.0)
SPACE = ("forecasts", "k-means")


@cache
def days() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the first two days, and the third."""
    rows = customers.snapshots(invoices.find(settings().data_dir))
    return rows[rows[DAY] < CHOICE], rows[rows[DAY] == CHOICE]


def held_back(penalty: float, seed: int) -> Iterator[Line]:
    """Yield what segments explain of the later customers, and how far samples agree, for each number of segments."""
    past, later = days()
    for count in COUNTS:
        with threadpool_limits(1):
            fitted = Segments.of(past, *SPACE, count, seed, penalty)
            models = stability.refits(past, *SPACE, count, seed, choice.FITS, penalty)
            useful = float(choice.explains(fitted, past, later).mean())
            steady = float(stability.agreement(models, later).mean())
        yield {"asked": count, "usefulness": useful, "stability": steady}


def by_seed(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows the means over the numbers of segments, by seed."""
    return lambda rows: spread(rows.groupby("seed")[name].mean())


STUDY = Study(
    measures=[Measure(held_back, [{"penalty": penalty} for penalty in PENALTIES])],
    tables=[Table({"penalty": "penalty"}, {"usefulness": by_seed("usefulness"), "stability": by_seed("stability")})],
)
