"""`python -m pipelines.recommender.compare`: every method, on a random fifth that is held out and on the next sitting.

It writes `compare.json` into the folder that it is given, and prints the table. Nothing is chosen here: `tune.py` has
done that on validation data. Each rival has the parameters that were best for what it is measured on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import movielens as data
from models.metrics import paired
from models.study import Line, Study, markdown, options
from pipelines.recommender import methods, protocol, tune
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.methods import METHODS, RANDOM, SERVED, STAGED, Method
from pipelines.recommender.ranker import Inputs, TwoStages
from pipelines.recommender.report import HeldOut

PROTOCOLS = {"random fifth": "ndcg", "next sitting": "ndcg_next"}
NAME = {SERVED: f"{SERVED} (served)"}
STAGES = "two stages"


class Rivals:
    """Rankings of the test histories by a method with some parameters. What does not depend on the seed is kept."""

    def __init__(self, test: HeldOut, films: Catalogue):
        self.test, self.films = test, films
        self._kept: dict[tuple[str, str, int], Method] = {}

    def fitted(self, name: str, parameters: dict[str, Any], seed: int) -> Method:
        """Return a method that has learned."""
        key = (name, json.dumps(parameters), seed if name in RANDOM else 0)
        if key not in self._kept:
            self._kept[key] = METHODS[name].make(**parameters).fit(self.test.past, self.films, seed)
        return self._kept[key]


def measure(people: pd.DataFrame, films: Catalogue, seeds: int) -> Iterator[Line]:
    """Yield a line per protocol, method and seed; the differences are those of the served method of the same seed."""
    test = HeldOut(people, films)
    rivals, best = Rivals(test, films), tune.best(tune.lines())
    before, after = test.past.cut()
    early: dict[str, methods.Method] = {}
    for seed in range(seeds):
        early = methods.fit(before, films, seed, early, STAGED)
        late = {name: rivals.fitted(name, METHODS[name].parameters, seed) for name in STAGED}
        stages = TwoStages().fit(Inputs(early, films, before), before, after, seed)
        two = stages.rank(Inputs(late, films, test.past), test.past)[0]
        for split, metric in PROTOCOLS.items():
            measured = {NAME[SERVED]: test.of(late[SERVED], METHODS[SERVED].weighting), STAGES: test.of_lists(two)}
            for name in METHODS.keys() - {SERVED}:
                line = best[split, name]
                measured[name] = test.of(rivals.fitted(name, line["parameters"], seed), line["weighting"])
            there = measured[STAGES][metric].notna().to_numpy()
            scores = {name: values[metric].to_numpy()[there] for name, values in measured.items()}
            for name, values in scores.items():
                made: Line = {"split": split, "people": int(there.sum()), "method": name, "seed": seed}
                made |= {"ndcg": float(values.mean())}
                if name != NAME[SERVED]:
                    made |= paired.bootstrap(scores[NAME[SERVED]], values, seed=seed)
                yield made


def cut(value: float) -> str:
    """Return a number with three digits, never rounded up."""
    return f"{np.floor(value * 1_000) / 1_000:.3f}"


def spread(values: pd.Series) -> str:
    """Return the mean of some seeds, and the lowest and the highest in brackets."""
    mean, low, high = (cut(value) for value in (values.mean(), values.min(), values.max()))
    return mean if low == high else f"{mean} ({low} to {high})"


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: a row per method, the best in the random fifth last."""
    own, other = (results[results["split"] == split] for split in PROTOCOLS)
    best = own.groupby("method")["ndcg"].mean()

    def there(rows: pd.DataFrame) -> pd.DataFrame:
        return other[other["method"] == rows["method"].iloc[0]]

    def better(rows: pd.DataFrame) -> str:
        served = rows["method"].iloc[0] == NAME[SERVED]
        return "" if served else f"{cut(rows['low'].min())} to {cut(rows['high'].max())}"

    columns = {
        "nDCG@10, random fifth": lambda rows: spread(rows["ndcg"]),
        "served is better by (95 %)": better,
        "nDCG@10, next sitting": lambda rows: spread(there(rows)["ndcg"]),
        "served is better by (95 %) ": lambda rows: better(there(rows)),
    }
    ordered = own.sort_values("method", key=lambda names: names.map(best), kind="stable")
    return markdown(ordered, {"method": "method"}, columns)


def main() -> None:
    """Measure, print and write."""
    given = options(__doc__, Path(__file__).parent).parse_args()
    raw = data.tables(settings().data_dir)
    study = Study(given.out / "compare.json", ["split", "method", "seed"])
    for line in measure(protocol.people(raw["ratings"]), catalogue(raw["films"]), given.seeds):
        study.add(line)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
