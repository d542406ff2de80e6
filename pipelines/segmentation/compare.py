"""`python -m pipelines.segmentation.compare`: every method, from four to eight segments, over several seeds.

It writes `compare.json` into the folder that it is given, and prints the table: which candidates are stable on the days
to choose on, and how the one that each seed chooses fares on the last day, which nothing was chosen on.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.settings import settings
from models.seeds import spread
from pipelines.segmentation import choice, stability, task
from pipelines.segmentation.columns import CUSTOMER
from pipelines.segmentation.methods import METHODS
from pipelines.segmentation.scaling import Scaling


def measure(past: pd.DataFrame, last: pd.DataFrame, seeds: int) -> pd.DataFrame:
    """Return a line per seed and candidate: its measures on the days before, and on the last day."""
    scaling, customers = Scaling.of(past), past[CUSTOMER].to_numpy()
    points, later = scaling.points(past), scaling.points(last)
    lines = []
    for seed in range(seeds):
        began = time.monotonic()
        found = choice.candidates(points, customers, 1_000 * seed, list(METHODS))
        found.insert(0, "seed", seed)
        found["chosen"] = [(row.method, row.count) == choice.best(found) for row in found.itertuples(name="Row")]
        method, count = choice.best(found)
        refits = stability.refits(partial(METHODS[method], count=count), points, customers, 1_000 * seed)
        tried = choice.measures(later, refits[0].predict(later))
        tried["stability"] = float(stability.agreement(refits, later).mean())
        for name, value in tried.items():
            found[f"later_{name}"] = np.where(found["chosen"], value, np.nan)
        lines.append(found)
        print(f"seed {seed}: {method} {count}, {tried}, {time.monotonic() - began:.0f} s", flush=True)
    return pd.concat(lines, ignore_index=True)


def markdown(table: pd.DataFrame) -> str:
    """Return the table of the README: a line per candidate."""
    lines = [
        "| method | asked for | segments | stability | smallest segment | silhouette | eligible, chosen |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for (method, count), found in table.groupby(["method", "count"], sort=False):
        segments = "{:.0f} to {:.0f}".format(found["segments"].min(), found["segments"].max())
        lines.append(
            f"| {method} | {count} | {segments} | {spread(found['stability'])} | {spread(100 * found['smallest'])} % | "
            f"{spread(found['silhouette'])} | {found['eligible'].sum()}, {found['chosen'].sum()} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    past, last = (part["customers"].reset_index(drop=True) for part in task.split(task.load(settings().data_dir)))
    with threadpool_limits(1):
        table = measure(past, last, given.seeds)
    given.out.mkdir(parents=True, exist_ok=True)
    records = json.loads(table.to_json(orient="records"))
    (given.out / "compare.json").write_text(json.dumps(records, indent=1) + "\n")
    print(markdown(table))
    chosen = table[table["chosen"]]
    for name in ("stability", "silhouette", "smallest", "segments"):
        print(f"the last day, chosen: {name} {spread(chosen[f'later_{name}'])}")


if __name__ == "__main__":
    main()
