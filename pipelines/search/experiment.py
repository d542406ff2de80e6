"""`python -m pipelines.search.experiment`: how many queries an interleaved list needs to say which ranking is better.

People are simulated: they ask the 300 claims to test on, and click as three models of clicks say. Beside it an A/B
test, in which each query gets one of both rankings, and the number of clicks on the first three places is compared.
Writes `experiment.json` beside this file: in how many of 100 simulated experiments BM25 and MiniLM together win over
BM25 at the 5 % level (two-sided), for each number of queries; and how often two equal rankings seem different.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from capstan.settings import settings
from data_sets import scifact
from models.retrieval.interleaving import CLICKERS, Clicker, drafted
from models.study import Study, markdown, options
from pipelines.search.rankings import Rankings

FOLDER = Path(__file__).parent
QUERIES, REPEATS, LENGTH = (30, 100, 300, 1_000), 100, 10
LEVEL, TOP = 0.05, 3
INTERLEAVED, APART = "interleaved", "A/B"
Lists = list[list[int]]


def outcomes(
    rankings: tuple[Lists, Lists], relevant: list[np.ndarray], clicker: Clicker, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the credits of interleaved queries, and what the clicks of both groups of an A/B test are worth."""
    asked = random.integers(len(relevant), size=count)
    credits, groups = [], ([], [])  # type: tuple[list[int], tuple[list[float], list[float]]]
    for place, one in enumerate(asked.tolist()):
        shown = drafted(rankings[0][one], rankings[1][one], LENGTH, random)
        credits.append(shown.credit(clicker.clicks(shown.documents, relevant[one], random)))
        group = place % 2
        alone = rankings[group][one][:LENGTH]
        clicked = clicker.clicks(alone, relevant[one], random)
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


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns = {
        f"{count:,} queries": (lambda rows, count=count: f"{rows[rows['queries'] == count]['better'].iloc[0]:.0%}")
        for count in QUERIES
    }
    return markdown(results, {"found to be better": "pair", "people": "people", "way": "way"}, columns)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "experiment.json", ["pair", "people", "way", "queries"])
    test = Rankings(scifact.load(settings().data_dir), "test")
    words, both = (
        np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH].tolist() for scores in (test.words, test.both)
    )
    pairs = {"BM25 and MiniLM over BM25": (words, both), "BM25 over itself": (words, words)}
    for pair, lists in pairs.items():
        for people, clicker in CLICKERS.items():
            for count in QUERIES:
                random, found = np.random.default_rng(count), []
                for _ in range(REPEATS):
                    credits, *groups = outcomes(lists, test.claims.relevant, clicker, count, random)
                    found.append((wins(credits), differs(*groups)))
                for way, made in zip((INTERLEAVED, APART), np.array(found).T, strict=True):
                    line = {"pair": pair, "people": people, "way": way, "queries": count}
                    shares = {"better": float((made > 0).mean()), "worse": float((made < 0).mean())}
                    study.add(line | {name: round(value, 4) for name, value in shares.items()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
