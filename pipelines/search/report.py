"""What a run shows: nDCG and recall of the claims to test on and of BM25, the worst claims, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.retrieval import queries
from models.retrieval.scoring import Bm25f
from pipelines.search import cards
from pipelines.search.ranking import ndcg, recall

if TYPE_CHECKING:
    import numpy as np

    from pipelines.search.model import SearchModel

WORST = 15


def evaluate(model: SearchModel, claims: pd.DataFrame) -> Evaluation:
    """Return the metrics of claims, a unit each. A relevant abstract that the index lacks counts as not found."""
    texts = claims["text"].tolist()
    numbers = {key: number for number, key in enumerate(model.index.keys())}
    relevant = [pd.Index(text.split()).map(lambda key: numbers.get(key, -1)).to_numpy() for text in claims["relevant"]]
    asked = [queries.words(text, model.index.manifest.analyzer) for text in texts]
    scores = values(model.ranked(texts), relevant)
    simple = values(model.words(asked, Bm25f()), relevant)
    metrics = {name: float(column.mean()) for name, column in scores.items()}
    metrics |= {f"{name}_of_bm25": float(column.mean()) for name, column in simple.items()}
    worst = claims[["text"]].assign(**scores).sort_values("ndcg", kind="stable").head(WORST)
    sections = [Section("Claims whose papers are not found", worst), *cards.sections(claims, metrics)]
    return Evaluation(metrics, sections, pd.DataFrame(scores), {"BM25": pd.DataFrame(simple)[["ndcg"]]})


def values(scores: np.ndarray, relevant: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return nDCG@10 and recall@100 of each claim."""
    return {"ndcg": ndcg(scores, relevant), "recall": recall(scores, relevant)}
