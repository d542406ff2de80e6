"""`python -m pipelines.segmentation.compare`: every method, from four to eight segments, over several seeds.

It writes `compare.json` into the folder that it is given, and prints the table: which candidates are stable on the days
to choose on, and how the one that each seed chooses fares on the last day, which nothing was chosen on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.settings import settings
from models.study import Line, Study, markdown, options, records, spread
from pipelines.segmentation import choice, stability, task
from pipelines.segmentation.columns import CUSTOMER
from pipelines.segmentation.methods import METHODS
from pipelines.segmentation.scaling import Scaling


def measure(past: pd.DataFrame, last: pd.DataFrame, seeds: int) -> Iterator[list[Line]]:
    """Yield, for each seed, a line per and candidate: its measures on the days before, and on the last day."""
    scaling, customers = Scaling.of(past), past[CUSTOMER].to_numpy()
    points, later = scaling.points(past), scaling.points(last)
    for seed in range(seeds):
        began = time.monotonic()
        table = choice.candidates(points, customers, 1_000 * seed, list(METHODS))
        table.insert(0, "seed", seed)
        table["chosen"] = [(row.method, row.count) == choice.best(table) for row in table.itertuples(name="Row")]
        method, count = choice.best(table)
        refits = stability.refits(partial(METHODS[method], count=count), points, customers, 1_000 * seed)
        tried = choice.measures(later, refits[0].predict(later))
        tried["stability"] = float(stability.agreement(refits, later).mean())
        for name, value in tried.items():
            table[f"later_{name}"] = np.where(table["chosen"], value, np.nan)
        yield records(table)
        print(f"seed {seed}: {method} {count}, {tried}, {time.monotonic() - began:.0f} s", flush=True)


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row per candidate."""
    columns = {
        "segments": lambda rows: f"{rows['segments'].min():.0f} to {rows['segments'].max():.0f}",
        "stability": lambda rows: spread(rows["stability"]),
        "smallest segment": lambda rows: f"{spread(rows['smallest'], 100)} %",
        "silhouette": lambda rows: spread(rows["silhouette"]),
        "eligible, chosen": lambda rows: f"{rows['eligible'].sum()}, {rows['chosen'].sum()}",
    }
    return markdown(results, {"method": "method", "asked for": "count"}, columns)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    past, last = (part["customers"].reset_index(drop=True) for part in task.split(task.load(settings().data_dir)))
    study = Study(given.out / "compare.json", ["seed", "method", "count"])
    with threadpool_limits(1):
        for lines in measure(past, last, given.seeds):
            study.add(*lines)
    print(tables(study.table()))
    chosen = study.table().query("chosen")
    for name in ("stability", "silhouette", "smallest", "segments"):
        print(f"the last day, chosen: {name} {spread(chosen[f'later_{name}'])}")


if __name__ == "__main__":
    main()
