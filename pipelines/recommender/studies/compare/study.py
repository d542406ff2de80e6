"""Which method ranks held-out films best?

A random fifth of each person's ratings is held out, and the last sitting. Nothing is chosen here: `tune` has done that
on validation data. Each rival has the parameters that were best for what it is measured on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from data_sets import movielens as data
from models.metrics import paired
from pipelines.recommender import methods, protocol
from pipelines.recommender.catalogue import catalogue
from pipelines.recommender.methods import METHODS, RANDOM, SERVED, STAGED, Method
from pipelines.recommender.report import HeldOut
from pipelines.recommender.studies.tune import study as tune
from pipelines.recommender.studies.tune.ranker import Inputs, TwoStages

PROTOCOLS = {"random fifth": "ndcg", "next sitting": "ndcg_next"}
NAME = {SERVED: f"{SERVED} (served)"}
STAGES = "two stages"


class Rivals:
    """Rankings of the test histories by a method with some parameters. What does not depend on the seed is kept."""

    def __init__(self) -> None:
        raw = data.tables(settings().data_dir)
        self.films = catalogue(raw["films"])
        self.test = HeldOut(protocol.people(raw["ratings"]), self.films)
        self.early: dict[str, Method] = {}
        self._kept: dict[tuple[str, str, int], Method] = {}

    def fitted(self, name: str, parameters: dict[str, Any], seed: int) -> Method:
        """Return a method that has learned."""
        key = (name, json.dumps(parameters), seed if name in RANDOM else 0)
        if key not in self._kept:
            self._kept[key] = METHODS[name].make(**parameters).fit(self.test.past, self.films, seed)
        return self._kept[key]


@cache
def rivals() -> Rivals:
    """Return the rivals, which all seeds share."""
    return Rivals()


def ranked(seed: int) -> Iterator[Line]:
    """Yield a line per protocol and method; the differences are those of the served method of the same seed."""
    made, best = rivals(), tune.best(tune.lines())
    test, films = made.test, made.films
    before, after = test.past.cut()
    made.early = methods.fit(before, films, seed, made.early, STAGED)
    late = {name: made.fitted(name, METHODS[name].parameters, seed) for name in STAGED}
    stages = TwoStages().fit(Inputs(made.early, films, before), before, after, seed)
    two = stages.rank(Inputs(late, films, test.past), test.past)[0]
    for split, metric in PROTOCOLS.items():
        measured = {NAME[SERVED]: test.of(late[SERVED], METHODS[SERVED].weighting), STAGES: test.of_lists(two)}
        for name in METHODS.keys() - {SERVED}:
            line = best[split, name]
            measured[name] = test.of(made.fitted(name, line["parameters"], seed), line["weighting"])
        there = measured[STAGES][metric].notna().to_numpy()
        scores = {name: values[metric].to_numpy()[there] for name, values in measured.items()}
        for name, values in scores.items():
            line = {"split": split, "people": int(there.sum()), "method": name, "ndcg": float(values.mean())}
            if name != NAME[SERVED]:
                line |= paired.bootstrap(scores[NAME[SERVED]], values, seed=seed)
            yield line


def cut(value: float) -> str:
    """Return a number with three digits, never rounded up."""
    return f"{np.floor(value * 1_000) / 1_000:.3f}"


def spread(values: pd.Series) -> str:
    """Return the mean of some seeds, and the lowest and the highest in brackets."""
    mean, low, high = (cut(value) for value in (values.mean(), values.min(), values.max()))
    return mean if low == high else f"{mean} ({low} to {high})"


def better(rows: pd.DataFrame) -> str:
    """Return the widest interval of what the served method has more."""
    served = rows["method"].iloc[0] == NAME[SERVED]
    return "" if served else f"{cut(rows['low'].min())} to {cut(rows['high'].max())}"


def of(split: str, show: Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame], str]:
    """Return what shows the lines of one split."""
    return lambda rows: show(rows[rows["split"] == split])


def best_last(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines, those of the best method in the random fifth last."""
    means = lines[lines["split"] == "random fifth"].groupby("method")["ndcg"].mean()
    return lines.sort_values("method", key=lambda names: names.map(means), kind="stable")


STUDY = Study(
    measures=[Measure(ranked)],
    tables=[
        Table(
            {"method": "method"},
            {
                "nDCG@10, random fifth": of("random fifth", lambda rows: spread(rows["ndcg"])),
                "served is better by (95 %)": of("random fifth", better),
                "nDCG@10, next sitting": of("next sitting", lambda rows: spread(rows["ndcg"])),
                "served is better by (95 %) ": of("next sitting", better),
            },
            rows=best_last,
        )
    ],
)
