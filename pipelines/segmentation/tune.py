"""`python -m pipelines.segmentation.tune`: how strongly the forecasts are held back.

k-means of the forecasts, fitted on the first two days and judged on the third, as `choice.py` judges candidates. It
writes `tune.json`. The days of the test are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.settings import settings
from data_sets import online_retail as invoices
from models.study import Line, Study, markdown, options, spread
from pipelines.segmentation import choice, customers, stability
from pipelines.segmentation.columns import CHOICE, DAY
from pipelines.segmentation.divisions import Segments
from pipelines.segmentation.methods import COUNTS

PENALTIES = (1.0, 10.0, 100.0, 1_000.0)
SPACE = ("forecasts", "k-means")
FILE = Path(__file__).with_name("tune.json")


def measure(past: pd.DataFrame, later: pd.DataFrame, penalty: float, seed: int) -> Iterator[Line]:
    """Yield what segments tell of the later customers, and how far other samples agree, for each number of segments."""
    for count in COUNTS:
        fitted = Segments.of(past, *SPACE, count, seed, penalty)
        models = stability.refits(past, *SPACE, count, seed, choice.FITS, penalty)
        told = float(choice.tells(fitted, past, later).mean())
        yield {"asked": count, "usefulness": told, "stability": float(stability.agreement(models, later).mean())}


def table(results: pd.DataFrame) -> str:
    """Return the table of the README: means over the numbers of segments, by seed."""
    means = results.groupby(["penalty", "seed"], as_index=False)[["usefulness", "stability"]].mean()
    columns = {
        "tells": lambda rows: spread(rows["usefulness"]),
        "stability": lambda rows: spread(rows["stability"]),
    }
    return markdown(means, {"penalty": "penalty"}, columns)


def main() -> None:
    """Try each penalty with each seed, and print the table."""
    given = options(__doc__, FILE.parent).parse_args()
    study = Study(given.out / FILE.name, ["penalty", "seed", "asked"])
    with threadpool_limits(1):
        rows = customers.snapshots(invoices.find(settings().data_dir))
        past, later = rows[rows[DAY] < CHOICE], rows[rows[DAY] == CHOICE]
        for penalty in PENALTIES:
            for seed in range(given.seeds):
                if not study.has(penalty=penalty, seed=seed, asked=max(COUNTS)):
                    lines = measure(past, later, penalty, seed)
                    study.add(*({"penalty": penalty, "seed": seed, **line} for line in lines))
    print(table(study.table()))


if __name__ == "__main__":
    main()
