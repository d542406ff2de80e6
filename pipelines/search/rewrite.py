"""`python -m pipelines.search.rewrite`: does it help to write a query anew before it is asked?

Four ways (`rewriting.py`): words of the first papers (RM3), a vector nearer to theirs (Rocchio), abbreviations written
out as the papers have them, and spelling, for claims in which two letters of a word were exchanged. The settings of the
first two are those with the highest nDCG@10 on the 809 claims to train on. Writes `rewrite.json` beside this file:
nDCG@10 on the 300 claims to test on, and the paired difference to the same ranking without it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.retrieval import fusion, queries
from models.retrieval.analysis import Analyzer
from models.retrieval.scoring import Bm25f
from models.retrieval.spelling import Speller
from models.study import Study, markdown, options, ranged
from pipelines.search import embedding, rankings, rewriting
from pipelines.search.compare import interval
from pipelines.search.rankings import CHOSEN, Rankings, ndcg

FOLDER = Path(__file__).parent
BM25, MEANINGS, BOTH = "BM25", "MiniLM", "both, weighted"
PAPERS, TERMS, OWN, SHARES = (3, 10), (10, 30), (0.5, 0.7, 0.9), (0.1, 0.2, 0.3, 0.5)
SCORING = Bm25f(CHOSEN.k1, (CHOSEN.b,))

Way = Callable[[Rankings], np.ndarray]  # the scores of all abstracts


class Rewriter:
    """Ranks claims that were written anew."""

    def __init__(self, data: scifact.SciFact):
        self.data, self.index = data, rankings.indexed(data, "whole")
        self.terms = [Analyzer().terms(text) for text in data.whole()]
        self.vectors, self.synonyms = rankings.abstracts(data), rewriting.abbreviations(data.whole())
        self.speller = Speller(self.index)

    def bm25(self, asked: list[queries.Query]) -> np.ndarray:
        """Return BM25 of some queries."""
        return np.stack([self.index.all_scores(query, SCORING) for query in asked])

    def feedback(self, claims: Rankings, papers: int, terms: int, own: float) -> np.ndarray:
        """Return BM25 with words of the first papers."""
        pairs = zip(claims.queries, claims.words, strict=True)
        return self.bm25([rewriting.rm3(query, row, self.terms, papers, terms, own) for query, row in pairs])

    def moved(self, claims: Rankings, papers: int, share: float) -> np.ndarray:
        """Return the cosines of vectors that were moved."""
        vectors = embedding.vectors(claims.claims.texts)
        moved = rewriting.rocchio(vectors, claims.meanings, self.vectors, papers, share)
        return np.asarray(moved @ self.vectors.T)

    def written_out(self, claims: Rankings) -> np.ndarray:
        """Return BM25 with abbreviations written out."""
        return self.bm25([queries.words(text, Analyzer(), self.synonyms) for text in claims.claims.texts])

    def texts(self, texts: list[str]) -> np.ndarray:
        """Return BM25 of texts."""
        return self.bm25([queries.words(text, Analyzer()) for text in texts])


def chosen(past: Rankings, way: Callable[..., np.ndarray], grid: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the setting with the highest nDCG@10 on the claims to train on."""
    found = [float(ndcg(way(past, **setting), past.claims.relevant).mean()) for setting in grid]
    return grid[int(np.argmax(found))]


def both(words: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """Return the weighted sum."""
    return fusion.weighted(words, cosines, CHOSEN.share)


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    columns = {"nDCG@10": ranged("ndcg"), "more than before": ranged("more")}
    return markdown(results, {"300 claims": "way", "ranking": "ranking"}, columns)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study, data = Study(given.out / "rewrite.json", ["way", "ranking"]), scifact.load(settings().data_dir)
    past, test, made = Rankings(data, "train"), Rankings(data, "test"), Rewriter(data)

    def measure(way: str, ranking: str, scores: np.ndarray, before: np.ndarray) -> None:
        gain = ndcg(scores, test.claims.relevant)
        line = interval("ndcg", gain, 0.0) | interval("more", gain, ndcg(before, test.claims.relevant))
        study.add({"way": way, "ranking": ranking} | {key: round(value, 5) for key, value in line.items()})

    words = [{"papers": papers, "terms": terms, "own": own} for papers, terms, own in product(PAPERS, TERMS, OWN)]
    best = chosen(past, made.feedback, words)
    scores = made.feedback(test, **best)
    name = f"words of the first {best['papers']}, {best['terms']} of them, {1 - best['own']:.1f} of the weight"
    measure(name, BM25, scores, test.words)
    measure(name, BOTH, both(scores, test.meanings), test.both)
    best = chosen(past, made.moved, [{"papers": papers, "share": share} for papers, share in product(PAPERS, SHARES)])
    cosines = made.moved(test, **best)
    name = f"nearer to the first {best['papers']}, by {best['share']}"
    measure(name, MEANINGS, cosines, test.meanings)
    measure(name, BOTH, both(test.words, cosines), test.both)
    scores = made.written_out(test)
    measure("abbreviations written out", BM25, scores, test.words)
    measure("abbreviations written out", BOTH, both(scores, test.meanings), test.both)
    random = np.random.default_rng(0)
    wrong = [rewriting.misspelt(text, random) for text in test.claims.texts]
    right = [made.speller.corrected(text) or text for text in wrong]
    scores, vectors = made.texts(wrong), embedding.vectors(wrong)
    cosines = vectors @ made.vectors.T
    measure("misspelt", BM25, scores, test.words)
    measure("misspelt", MEANINGS, cosines, test.meanings)
    measure("misspelt", BOTH, both(scores, cosines), test.both)
    scores, cosines = made.texts(right), embedding.vectors(right) @ made.vectors.T
    measure("misspelt, then corrected", BM25, scores, test.words)
    measure("misspelt, then corrected", MEANINGS, cosines, test.meanings)
    measure("misspelt, then corrected", BOTH, both(scores, cosines), test.both)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
