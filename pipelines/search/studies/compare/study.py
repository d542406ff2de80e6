"""Which ranking finds the abstracts of a claim, and would people notice?

nDCG@10 and recall@100 on the 300 claims to test on, with settings that were chosen on other claims; what MiniLM gains
by learning from the claims to train on; and how many queries an interleaved list or an A/B test needs to find the
better ranking.
"""

from __future__ import annotations

import numpy as np

from capstan.study import Line, Measure, Study, Table, ranged
from pipelines.search.ranking import CHOSEN, ndcg, recall
from pipelines.search.studies import learned, rankings
from pipelines.search.studies.compare import clicks, rerank

METHODS = {
    "BM25": "words", "BM25, title and text as fields": "fields", "MiniLM": "meanings", "both, by place": "reciprocal",
    "both, weighted": "both", "both, weighted, with fields: served": "served",
}  # fmt: skip


def found(scores: np.ndarray) -> Line:
    """Return how well the claims to test on are answered by the scores of all abstracts."""
    test = rankings.of("test")
    gain, simple = (ndcg(each, test.claims.relevant) for each in (scores, test.words))
    line = rankings.interval("ndcg", gain) | rankings.interval("more", gain, simple)
    return line | {"part": "rankings", "recall": float(recall(scores, test.claims.relevant).mean())}


def ranking(method: str) -> Line:
    """Return how well a ranking without learning answers."""
    return found(getattr(rankings.of("test"), METHODS[method]))


def forest(seed: int) -> Line:
    """Return how well LambdaMART answers that learned from the claims to train on."""
    past, test = rankings.of("train"), rankings.of("test")
    booster = learned.fit(past.candidates, past.claims.relevant, CHOSEN.leaves, CHOSEN.rounds, seed)
    return found(learned.scores(booster, test.candidates, test.words.shape)) | {"method": "forest"}


STUDY = Study(
    measures=[
        Measure(ranking, [{"method": method} for method in METHODS], seeds=0),
        Measure(forest),
        Measure(rerank.reordered, seeds=1),
        Measure(rerank.tuned, seeds=0),
        Measure(clicks.experiment, clicks.CASES, seeds=0),
    ],
    tables=[
        Table(
            {"300 claims to test on": "method"},
            {
                "nDCG@10": ranged("ndcg"),
                "more than BM25": ranged("more"),
                "recall@100": lambda rows: f"{rows['recall'].mean():.3f}",
            },
            "rankings",
        ),
        Table({"claims": "claims", "ranking": "ranking"}, rerank.COLUMNS, "learning"),
        Table({"found to be better": "pair", "people": "people", "way": "way"}, clicks.COLUMNS, "experiment"),
    ],
)
