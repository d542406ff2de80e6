"""`python -m pipelines.maintenance.networks`: convolutions, an LSTM and a small transformer, beside the boosting.

It writes `networks.json` into the folder that it is given, and prints the table. All learn from all engines of NASA's
training files. Their settings were not tuned. Needs the libraries of the family `torch`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, markdown, options
from pipelines.maintenance import compare, data, task
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import SUBSETS
from pipelines.maintenance.nets import fitting
from pipelines.maintenance.state import State

FOLDER = Path(__file__).parent
BOOSTING, MEAN = "boosting, served", "mean of all four"


def predictions(past: list[data.Engine], test: list[data.Engine], seed: int) -> dict[str, np.ndarray]:
    """Return the cycles left of each engine to test on by every method, shapes (n,)."""
    state = State().fit(past)
    sensors, cycles, left = [state.normalized(one) for one in past], [one.cycle for one in past], [o.left for o in past]
    rows = np.stack([fitting.window(state.normalized(one), one.cycle, len(one.cycle) - 1) for one in test])
    model = Boosting(seed).fit([state.features(one) for one in past], left)
    made = {BOOSTING: model.predict(np.array([state.features(one)[-1] for one in test]))}
    for kind in fitting.KINDS:
        made[kind] = fitting.predict(fitting.fit(kind, sensors, cycles, left, seed), rows)
    return made | {MEAN: np.mean(list(made.values()), axis=0)}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns = {subset: compare.median("rmse", subset, 2) for subset in SUBSETS}
    mean = results[results["method"] == MEAN]
    beside: dict[str, Callable[[pd.DataFrame], str]] = {
        "RMSE of the mean, less that of the boosting": lambda rows: (
            f"{rows['more'].median():.2f} ({rows['more_low'].median():.2f} to {rows['more_high'].median():.2f})"
        )
    }
    return "\n\n".join(
        [
            markdown(results, {"RMSE at the last cycle": "method"}, columns),
            markdown(mean, {"data set": "subset"}, beside),
        ]
    )


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "networks.json", ["method", "subset", "seed"])
    past, test = (data.engines(part["cycles"]) for part in task.split(task.load(settings().data_dir)))
    for seed in range(given.seeds):
        if not study.has(seed=seed):
            study.add(*({"seed": seed} | line for line in compare.lines(test, predictions(past, test, seed), BOOSTING)))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
