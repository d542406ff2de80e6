"""`python -m pipelines.maintenance.tune`: windows and settings of the boosting, chosen on engines to learn from alone.

Writes `tune.json` beside this file: for each setting and seed, the RMSE of five folds of engines, each cut at random
cycles. The code has the setting with the lowest mean over NASA's four data sets, which count alike. The engines that
test the model have no part in it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Study, markdown, options, read, spread
from pipelines.maintenance import data, measures, task, training, windows
from pipelines.maintenance.boosting import Boosting
from pipelines.maintenance.columns import CAP, SUBSETS
from pipelines.maintenance.state import State

FOLDER = Path(__file__).parent
SEEDS = 1
WINDOWS: dict[str, dict[str, tuple[int, ...]]] = {
    "means of 5, 15, 30": {"lengths": (5, 15, 30), "slopes": ()},
    "and slopes of 15, 30": {"lengths": (5, 15, 30), "slopes": (15, 30)},
    "up to 60": {"lengths": (5, 15, 30, 60), "slopes": (30, 60)},
    "up to 100": {"lengths": (5, 15, 30, 60, 100), "slopes": (30, 60, 100)},
    "up to 200": {"lengths": (5, 15, 30, 60, 100, 200), "slopes": (30, 60, 100, 200)},
}
LEARNERS: dict[str, dict[str, Any]] = {
    "15 leaves, 300 rounds": {"leaves": 15, "rounds": 300},
    "31 leaves, 300 rounds": {"leaves": 31, "rounds": 300},
    "15 leaves, 600 rounds": {"leaves": 15, "rounds": 600},
}
PLAIN, LONGEST = next(iter(LEARNERS)), "up to 200"
ALONE = "up to 60, each data set alone"


def errors(engines: list[data.Engine], chosen: str, learner: str, seed: int) -> dict[str, float]:
    """Return the RMSE of each data set at random cycles of engines that were not learned from."""
    if chosen == ALONE:
        apart = [[one for one in engines if one.name.startswith(subset)] for subset in SUBSETS]
        return {name: value for own in apart for name, value in errors(own, "up to 60", learner, seed).items()}
    state = State().fit(engines)
    features = [windows.features(state.normalized(one), one.cycle, **WINDOWS[chosen]) for one in engines]
    left = [one.left for one in engines]
    at = training.cuts([len(own) for own in left], seed)
    made = training.out_of_fold(features, left, at, partial(Boosting, **LEARNERS[learner]), seed)
    true = np.minimum([own[places] for own, places in zip(left, at, strict=True)], CAP)
    of = np.array([one.name.split("-")[0] for one in engines])
    return {name: measures.rmse(made[of == name], true[of == name]) for name in dict.fromkeys(of.tolist())}


def trials() -> list[tuple[str, str]]:
    """Return the settings that are tried: windows with plain boosting, each data set alone, other boosting."""
    return [*((name, PLAIN) for name in [*WINDOWS, ALONE]), *((LONGEST, own) for own in LEARNERS if own != PLAIN)]


def record() -> pd.DataFrame:
    """Return the lines of `tune.json`."""
    return read(FOLDER / "tune.json")


def best(results: pd.DataFrame) -> tuple[str, str]:
    """Return windows and boosting with the lowest mean error."""
    chosen, learner = results.groupby(["windows", "boosting"])["mean"].mean().idxmin()
    return str(chosen), str(learner)


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns = {name: (lambda rows, name=name: spread(rows[name], digits=2)) for name in [*SUBSETS, "mean"]}
    return markdown(results, {"windows": "windows", "boosting": "boosting"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=SEEDS)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["windows", "boosting", "seed"])
    engines = data.engines(task.split(task.load(settings().data_dir))[0]["cycles"])
    for seed in range(given.seeds):
        for chosen, learner in trials():
            case = {"windows": chosen, "boosting": learner, "seed": seed}
            if not study.has(**case):
                made = errors(engines, chosen, learner, seed)
                study.add(case | made | {"mean": float(np.mean(list(made.values())))})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
