"""Which method ranks held-out films best?

A random fifth of each person's ratings is held out, and the last sitting. `short` gives the methods few titles.
Nothing is chosen here: `tune` has done that on validation data. Each rival has the parameters that were best for what
it is measured on.
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
from models.metrics import paired, ranking
from models.recommendation.histories import Histories, histories
from pipelines.recommender import methods, protocol
from pipelines.recommender.catalogue import catalogue
from pipelines.recommender.columns import SHORT, USER
from pipelines.recommender.methods import METHODS, RANDOM, SERVED, STAGED, Method
from pipelines.recommender.report import HeldOut, alone
from pipelines.recommender.studies.tune import study as tune
from pipelines.recommender.studies.tune.ranker import Inputs, TwoStages

PROTOCOLS = {"random fifth": "ndcg", "next sitting": "ndcg_next"}
LONG = "ease"  # what the served blend is for long histories
NAME = {LONG: "ease (served)"}  # in the record, which is older than the blend
STAGES = "two stages"
SIMPLE = ("popularity", "user_knn", LONG)  # what the served method is compared with at each number of titles
FOLDS = 5


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
    """Yield a line per protocol and method; the differences are those of EASE of the same seed."""
    trained, best = rivals(), tune.best(tune.lines())
    test, films = trained.test, trained.films
    before, after = test.past.cut()
    trained.early = methods.fit(before, films, seed, trained.early, STAGED)
    late = {name: trained.fitted(name, METHODS[name].parameters, seed) for name in STAGED}
    stages = TwoStages().fit(Inputs(trained.early, films, before), before, after, seed)
    two = stages.rank(Inputs(late, films, test.past), test.past)[0]
    for split, metric in PROTOCOLS.items():
        measured = {NAME[LONG]: test.of(late[LONG], METHODS[LONG].weighting), STAGES: test.of_lists(two)}
        for name in METHODS.keys() - {LONG, SERVED}:
            line = best[split, name]
            measured[name] = test.of(trained.fitted(name, line["parameters"], seed), line["weighting"])
        there = measured[STAGES][metric].notna().to_numpy()
        scores = {name: values[metric].to_numpy()[there] for name, values in measured.items()}
        for name, values in scores.items():
            line = {"split": split, "people": int(there.sum()), "method": name, "ndcg": float(values.mean())}
            if name != NAME[LONG]:
                line |= paired.bootstrap(scores[NAME[LONG]], values, seed=seed)
            yield line


def short(seed: int) -> Iterator[Line]:
    """Yield a line per number of titles and method: of known people, and of people that the methods do not know."""
    scores = {"known people": of_known(seed), "new people": of_new(seed)}
    for people, measured in scores.items():
        for titles in SHORT:
            own = measured[SERVED][titles].to_numpy()
            yield {"people": people, "titles": titles, "method": SERVED, "ndcg": float(own.mean())}
            for name in SIMPLE:
                values = measured[name][titles].to_numpy()
                line = {"people": people, "titles": titles, "method": name, "ndcg": float(values.mean())}
                yield line | paired.bootstrap(own, values, seed=seed)


def whole() -> Iterator[Line]:
    """Yield a line per protocol and method, with whole histories; the differences are those of the served blend."""
    trained = rivals()
    fitted = {name: trained.fitted(name, METHODS[name].parameters, 0) for name in (SERVED, *SIMPLE, "item_knn")}
    scores = {name: trained.test.of(method, METHODS[name].weighting) for name, method in fitted.items()}
    for split, metric in PROTOCOLS.items():
        own = scores[SERVED][metric].dropna().to_numpy()
        yield {"split": split, "method": SERVED, "ndcg": float(own.mean())}
        for name in sorted(fitted.keys() - {SERVED}):
            values = scores[name][metric].dropna().to_numpy()
            yield {"split": split, "method": name, "ndcg": float(values.mean())} | paired.bootstrap(own, values)


def of_known(seed: int) -> dict[str, pd.DataFrame]:
    """Return the nDCG in the random fifth, of people whose other ratings the methods have learned from."""
    trained = rivals()
    fitted = {name: trained.fitted(name, METHODS[name].parameters, 0) for name in (SERVED, *SIMPLE)}
    return {name: trained.test.short(method, METHODS[name].weighting, seed) for name, method in fitted.items()}


def of_new(seed: int) -> dict[str, pd.DataFrame]:
    """Return the nDCG of people in the fold that the methods did not learn from: all else that they rated counts."""
    trained = rivals()
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in (SERVED, *SIMPLE)}
    people, fold = everything(), np.arange(len(trained.test.past)) % FOLDS
    for number in range(FOLDS):
        asked, fitted = people.take(np.flatnonzero(fold == number)), without(number)
        for name, method in fitted.items():
            shown = {}
            for titles in SHORT:
                few = protocol.cut(asked, titles, seed, people)
                rest = [np.setdiff1d(*pair) for pair in zip(asked.items, few.items, strict=True)]
                shown[titles] = ranking.ndcg(alone(method, few, METHODS[name].weighting), rest)
            parts[name].append(pd.DataFrame(shown))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


@cache
def everything() -> Histories:
    """Return all that each person has rated."""
    ratings = data.tables(settings().data_dir)["ratings"].groupby(USER)
    return histories(ratings["film"].agg(list), ratings["stars"].agg(list), rivals().films.numbers)


@cache
def without(number: int) -> dict[str, Method]:
    """Return the methods, fitted on the people outside of one fold."""
    past = everything().take(np.flatnonzero(np.arange(len(everything())) % FOLDS != number))
    return methods.fit(past, rivals().films, names=(SERVED, *SIMPLE))


def cut(value: float) -> str:
    """Return a number with three digits, never rounded up."""
    return f"{np.floor(value * 1_000) / 1_000:.3f}"


def spread(values: pd.Series) -> str:
    """Return the mean of some seeds, and the lowest and the highest in brackets."""
    mean, low, high = (cut(value) for value in (values.mean(), values.min(), values.max()))
    return mean if low == high else f"{mean} ({low} to {high})"


def better(rows: pd.DataFrame) -> str:
    """Return the widest interval of what the method has more that is compared."""
    return "" if rows["low"].isna().all() else f"{cut(rows['low'].min())} to {cut(rows['high'].max())}"


def against(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows the mean of a rival, and the widest interval of what the served method has more."""

    def show(rows: pd.DataFrame) -> str:
        own = rows[rows["method"] == name]
        return f"{cut(own['ndcg'].mean())}: {better(own)}"

    return show


def of(split: str, show: Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame], str]:
    """Return what shows the lines of one split."""
    return lambda rows: show(rows[rows["split"] == split])


def best_last(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines, those of the best method in the random fifth last."""
    means = lines[lines["split"] == "random fifth"].groupby("method")["ndcg"].mean()
    lines = lines.replace({"method": {NAME[LONG]: LONG}})
    means = means.rename({NAME[LONG]: LONG})
    return lines.sort_values("method", key=lambda names: names.map(means), kind="stable")


STUDY = Study(
    measures=[Measure(whole, seeds=0), Measure(short, seeds=2), Measure(ranked)],
    tables=[
        Table(
            {"method": "method"},
            {
                "nDCG@10, random fifth": of("random fifth", lambda rows: spread(rows["ndcg"])),
                "EASE is better by (95 %)": of("random fifth", better),
                "nDCG@10, next sitting": of("next sitting", lambda rows: spread(rows["ndcg"])),
                "EASE is better by (95 %) ": of("next sitting", better),
            },
            "ranked",
            rows=best_last,
        ),
        Table(
            {"people": "people", "titles": "titles"},
            {"served": lambda rows: spread(rows[rows["method"] == SERVED]["ndcg"])}
            | {name: against(name) for name in SIMPLE},
            "short",
        ),
        Table(
            {"method": "method"},
            {
                "nDCG@10, random fifth": of("random fifth", lambda rows: cut(rows["ndcg"].iloc[0])),
                "served is better by (95 %)": of("random fifth", better),
                "nDCG@10, next sitting": of("next sitting", lambda rows: cut(rows["ndcg"].iloc[0])),
                "served is better by (95 %) ": of("next sitting", better),
            },
            "whole",
            rows=best_last,
        ),
    ],
)
