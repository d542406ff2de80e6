"""`python -m pipelines.anomaly.tune`: the score of NAB for every setting, with the threshold of other streams.

It writes `tune.json` into the folder that it is given: the standard profile, ten folds of streams, five seeds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.anomaly.nab_scoring import scaled
from models.study import Study, markdown, options, read, spread
from pipelines.anomaly import chosen, task
from pipelines.anomaly.nab.labels import judged

FOLDER = Path(__file__).parent


def record() -> pd.DataFrame:
    """Return what was measured."""
    return read(FOLDER / "tune.json")


def best(record: pd.DataFrame) -> str:
    """Return the setting with the highest mean score."""
    means = record.groupby("setting", sort=False)["nab"].mean()
    return str(means.idxmax())


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best five settings, and the worst."""
    means = results.groupby("setting")["nab"].mean().sort_values(ascending=False)
    shown = [*means.index[:5], means.index[-1]]
    lines = pd.concat([results[results["setting"] == name] for name in shown])
    cells = {"threshold of other streams": lambda rows: spread(rows["nab"], digits=1)}
    return markdown(lines, {"setting": "setting"}, cells)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "tune.json", ["setting", "seed"])
    loaded = task.load(settings().data_dir)
    labels, signals = judged(loaded["points"], loaded["windows"]), chosen.signals(loaded["points"])
    names, windows = list(labels), sum(one.windows for one in labels.values())
    for setting in chosen.settings():
        table = chosen.totals(labels, {name: chosen.scores(signals[name], setting) for name in names})[np.newaxis]
        for seed in range(given.seeds):
            earned = float(chosen.out_of_fold(table, names, seed).sum())
            study.add({"setting": chosen.named(setting), "seed": seed, "nab": round(scaled(earned, windows), 3)})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
