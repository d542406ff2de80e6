"""How many queries an interleaved list needs to find the better ranking, compared with an A/B test.

People are simulated: they ask the 300 claims to test on, and click as three models of clicks say. In the A/B test each
query gets one of both rankings, and the numbers of clicks on the first three places are compared. Measured is the share
of 100 experiments in which the second ranking wins at the 5 % level (two-sided).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from capstan.study import Line
from models.retrieval.interleaving import CLICKERS, Clicker, drafted
from pipelines.search.studies import rankings

QUERIES, REPEATS, LENGTH = (30, 100, 300, 1_000), 100, 10
LEVEL, TOP = 0.05, 3
PAIRS = {"BM25 and MiniLM over BM25": ("words", "both"), "BM25 over itself": ("words", "words")}
CASES = [
    {"pair": pair, "people": people, "queries": count} for pair, people, count in product(PAIRS, CLICKERS, QUERIES)
]
Lists = list[list[int]]


def outcomes(
    rankings: tuple[Lists, Lists], relevant: list[np.ndarray], clicker: Clicker, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the credits of interleaved queries, and what the clicks of both groups of an A/B test are worth."""
    asked = random.integers(len(relevant), size=count)
    credits: list[int] = []
    groups: tuple[list[float], list[float]] = ([], [])
    for place, claim in enumerate(asked.tolist()):
        shown = drafted(rankings[0][claim], rankings[1][claim], LENGTH, random)
        credits.append(shown.credit(clicker.clicks(shown.documents, relevant[claim], random)))
        group = place % 2
        alone = rankings[group][claim][:LENGTH]
        clicked = clicker.clicks(alone, relevant[claim], random)
        groups[group].append(float(sum(document in alone[:TOP] for document in clicked)))
    return np.array(credits), np.array(groups[0]), np.array(groups[1])


def wins(credits: np.ndarray) -> int:
    """Return 1 where the second ranking wins by the sign test, -1 where the first does, else 0."""
    more, less = int((credits > 0).sum()), int((credits < 0).sum())
    if more + less == 0 or stats.binomtest(more, more + less).pvalue >= LEVEL:
        return 0
    return 1 if more > less else -1


def differs(first: np.ndarray, second: np.ndarray) -> int:
    """Return 1 where the second group has more clicks by Welch's test, -1 where the first has, else 0."""
    if first.std() == 0 and second.std() == 0:
        return 0
    tested = stats.ttest_ind(second, first, equal_var=False)
    return int(np.sign(tested.statistic)) if tested.pvalue < LEVEL else 0


def experiment(pair: str, people: str, queries: int, repeats: int = REPEATS) -> Iterator[Line]:
    """Yield in which share of experiments the second ranking is found to be better, and worse, by each way."""
    test = rankings.of("test")
    first, second = (
        np.argsort(-getattr(test, name), axis=1, kind="stable")[:, :LENGTH].tolist() for name in PAIRS[pair]
    )
    random, found = np.random.default_rng(queries), []
    for _ in range(repeats):
        credits, *groups = outcomes((first, second), test.claims.relevant, CLICKERS[people], queries, random)
        found.append((wins(credits), differs(*groups)))
    for way, results in zip(("interleaved", "A/B"), np.array(found).T, strict=True):
        yield {"way": way, "better": float((results > 0).mean()), "worse": float((results < 0).mean())}


def better(rows: pd.DataFrame, count: int) -> str:
    """Return the share of experiments with so many queries."""
    return f"{rows[rows['queries'] == count]['better'].iloc[0]:.0%}"


COLUMNS = {f"{count:,} queries": partial(better, count=count) for count in QUERIES}
