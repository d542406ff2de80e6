"""What a run shows of a model: how it ranks, beside each single method, and what the ranker goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.evaluation import Evaluation, Section
from models import paired, ranking
from pipelines.recommender.histories import Histories, histories
from pipelines.recommender.methods import METHODS, Method
from pipelines.recommender.ranker import CHUNK
from pipelines.recommender.threads import one_thread

if TYPE_CHECKING:
    from pipelines.recommender.model import Recommender

INPUTS_SHOWN = 15
STRONG = ("ease", "als")  # single methods that the hybrid must beat, person by person


def evaluate(model: Recommender, people: pd.DataFrame) -> Evaluation:
    """Return the metrics over all people, by person for the gate, and the sections of the report."""
    past = histories(people["films"], people["stars"], model.catalogue.numbers)
    held = [np.searchsorted(model.catalogue.numbers, films) for films in people["held"]]
    ranked = model.hybrid.rank(model.ranked_by, past)[0]
    own = ranking.ndcg(ranked, held)
    measured = {
        "ndcg": float(own.mean()),
        "recall": float(ranking.recall(ranked[:, :10], held).mean()),
        "recall_of_retrieval": float(ranking.recall(ranked, held).mean()),
        "coverage": ranking.coverage(ranked, len(model.catalogue)),
    }
    rivals = {}
    lines = [{"method": "hybrid", "nDCG@10": measured["ndcg"], "coverage": measured["coverage"]}]
    for name, method in model.ranked_by.methods.items():
        single = alone(method, past, METHODS[name].weighting)
        scores = ranking.ndcg(single, held)
        lines.append({"method": name, "nDCG@10": scores.mean()})
        lines[-1] |= {"coverage": ranking.coverage(single, len(model.catalogue))}
        lines[-1] |= paired.bootstrap(own, scores, repeats=2_000)
        if name in STRONG:
            rivals[name] = pd.DataFrame({"ndcg": scores})
    weights = pd.Series(model.hybrid.importance(model.ranked_by), name="share of the gain")
    shown = weights.sort_values(ascending=False).head(INPUTS_SHOWN).rename_axis("input").reset_index()
    sections = [
        Section("Methods, and by how much the hybrid is better, with a 95% interval", pd.DataFrame(lines)),
        Section("What the ranker goes by", shown),
        Section("By the size of the history", by_size(past, own)),
    ]
    return Evaluation(measured, sections, pd.DataFrame({"ndcg": own}), rivals)


def alone(method: Method, past: Histories, weighting: str, k: int = 10) -> np.ndarray:
    """Return the first k films of a single method for each history, shape (n, k)."""
    parts = [past.part(start, start + CHUNK) for start in range(0, len(past), CHUNK)]
    with one_thread():
        ranked = [ranking.top(method.scores(part.matrix(weighting)), part.matrix().toarray() > 0, k) for part in parts]
    return np.concatenate(ranked)


def by_size(past: Histories, scores: np.ndarray) -> pd.DataFrame:
    """Return the mean score of people with few and with many ratings."""
    size = pd.cut([len(films) for films in past.films], [0, 30, 60, 120, 240, np.inf], right=False)
    table = pd.DataFrame({"ratings": size.astype(str), "nDCG@10": scores}).groupby("ratings", sort=False)
    return table.agg(people=("nDCG@10", "size"), ndcg=("nDCG@10", "mean")).sort_index().reset_index()
