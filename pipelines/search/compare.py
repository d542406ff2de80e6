"""`python -m pipelines.search.compare`: which ranking finds the abstracts of a claim, on the 300 claims to test on.

Writes `compare.json` beside this file: nDCG@10 and recall@100 of each method with intervals over claims, and the paired
difference to BM25. Settings are those of `tune.json`, chosen on other claims. The forest learns from all claims to
train on, with five seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.metrics import paired
from models.study import Study, markdown, options, ranged
from pipelines.search import learned, rankings
from pipelines.search.rankings import Rankings

FOLDER = Path(__file__).parent
BM25, MEANINGS, WEIGHTED, FOREST = "BM25", "MiniLM", "both, weighted", "forest"
SERVED = "both, weighted, with fields: served"
PUBLISHED = {BM25: 0.665, MEANINGS: 0.645}  # BEIR (Thakur et al., 2021), table 2; the model's own page


def methods(train: Rankings, test: Rankings, seeds: int) -> Iterator[tuple[str, int, np.ndarray]]:
    """Yield the name of a method, its seed and the scores of all abstracts for each claim to test on."""
    words = test.words
    yield BM25, 0, words
    yield "BM25, title and text as fields", 0, test.fields
    yield MEANINGS, 0, test.meanings
    yield "both, by place", 0, test.reciprocal
    yield WEIGHTED, 0, test.both
    yield SERVED, 0, test.served
    past, pairs = train.candidates, test.candidates
    for seed in range(seeds):
        booster = learned.fit(past, train.claims.relevant, rankings.CHOSEN.leaves, rankings.CHOSEN.rounds, seed)
        yield FOREST, seed, learned.scores(booster, pairs, words.shape)


def interval(name: str, better: np.ndarray, worse: np.ndarray | float) -> dict[str, float]:
    """Return a mean difference with its 95 % interval over claims, as fields of a line."""
    made = paired.bootstrap(better, np.broadcast_to(worse, better.shape))
    return {name: made["difference"], f"{name}_low": made["low"], f"{name}_high": made["high"]}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns: dict[str, Callable[[pd.DataFrame], str]] = {
        "nDCG@10": ranged("ndcg"),
        "more than BM25": ranged("more"),
        "recall@100": lambda rows: f"{rows['recall'].mean():.3f}",
    }
    return markdown(results, {"300 claims to test on": "method"}, columns)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["method", "seed"])
    data = scifact.load(settings().data_dir)
    train, test = Rankings(data, "train"), Rankings(data, "test")
    relevant = test.claims.relevant
    bm25 = rankings.ndcg(test.words, relevant)
    for method, seed, scores in methods(train, test, given.seeds):
        gain = rankings.ndcg(scores, relevant)
        line = interval("ndcg", gain, 0.0) | interval("more", gain, bm25)
        line |= {"recall": float(rankings.recall(scores, relevant).mean())}
        study.add({"method": method, "seed": seed} | {key: round(value, 5) for key, value in line.items()})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
