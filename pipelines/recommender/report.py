"""What a run shows of a model: how it ranks films that were held out, next to each rival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired, ranking
from models.recommendation.histories import Histories, histories
from pipelines.recommender import cards, protocol
from pipelines.recommender.columns import CHUNK, SHORT, SHOWN
from pipelines.recommender.methods import METHODS, SERVED
from pipelines.recommender.threads import one_thread

if TYPE_CHECKING:
    from pipelines.recommender.catalogue import Catalogue
    from pipelines.recommender.model import Recommender

# Rivals of the gate, person by person, and the metrics in which they are as good.
BASELINES: dict[str, tuple[str, ...]] = {"popularity": (), "user_knn": ("ndcg_short",)}


class Scorer(Protocol):
    """What scores films."""

    def scores(self, histories: sp.csr_matrix) -> np.ndarray:
        """Return the score of each film for each history, shape (n, m)."""


class HeldOut:
    """Histories, and two sets of films for each: a random fifth and the next sitting, which not all have.

    What one set holds is no candidate while the other is predicted: the person has rated it.
    """

    def __init__(self, people: pd.DataFrame, films: Catalogue):
        self.past = histories(people["films"], people["stars"], films.numbers)
        held, following = (
            [np.searchsorted(films.numbers, np.asarray(row, dtype=int)) for row in people[part]]
            for part in (protocol.HELD, protocol.NEXT)
        )
        self.held, self.sets = held, {"ndcg": (held, following), "ndcg_next": (following, held)}

    def of(self, method: Scorer, weighting: str) -> pd.DataFrame:
        """Return the nDCG of a method for each person, in both sets; NaN without a next sitting."""
        lists: dict[str, list[np.ndarray]] = {metric: [] for metric in self.sets}
        for start in range(0, len(self.past), CHUNK):
            part = self.past.part(start, start + CHUNK)
            with one_thread():
                scores = method.scores(part.matrix(weighting))
            for metric, (_, hidden) in self.sets.items():
                rated = part.matrix().toarray() > 0
                for row, films in enumerate(hidden[start : start + CHUNK]):
                    rated[row, films] = True
                lists[metric].append(ranking.top(scores, rated, SHOWN))
        shown = {metric: np.concatenate(rankings) for metric, rankings in lists.items()}
        return pd.DataFrame({metric: _ndcg(rankings, self.sets[metric][0]) for metric, rankings in shown.items()})

    def short(self, method: Scorer, weighting: str, seed: int = 0) -> pd.DataFrame:
        """Return the nDCG for each person in the random fifth, from 1, 2, 3, 5 and 10 titles: a column per number.

        The other ratings of a person are no candidates.
        """
        hidden = [np.concatenate(pair) for pair in zip(self.past.items, self.sets["ndcg"][1], strict=True)]
        columns = {}
        for titles in SHORT:
            asked = protocol.cut(self.past, titles, seed)
            shown = alone(method, asked, weighting, SHOWN, hidden)
            columns[titles] = _ndcg(shown, self.held)
        return pd.DataFrame(columns)

    def of_lists(self, ranked: np.ndarray) -> pd.DataFrame:
        """Return the same of lists of films, shape (n, many)."""
        return pd.DataFrame(
            {
                metric: _ndcg(np.stack([_without(*pair) for pair in zip(ranked, hidden, strict=True)]), relevant)
                for metric, (relevant, hidden) in self.sets.items()
            }
        )


def _ndcg(shown: np.ndarray, relevant: Sequence[np.ndarray]) -> np.ndarray:
    scores = np.full(len(shown), np.nan)
    there = [row for row, films in enumerate(relevant) if len(films)]
    scores[there] = ranking.ndcg(shown[there], [relevant[row] for row in there])
    return scores


def _without(ranked: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Return the first films of a list that are not hidden, filled up with -1, shape (SHOWN,)."""
    left = ranked[~np.isin(ranked, hidden)][:SHOWN]
    return np.pad(left, (0, SHOWN - len(left)), constant_values=-1)


def evaluate(model: Recommender, people: pd.DataFrame) -> Evaluation:
    """Return the metrics over all people, by person for the gate, and the sections of the report."""
    test = HeldOut(people, model.catalogue)
    short = {SERVED: test.short(model.served, METHODS[SERVED].weighting)}
    own, shown = test.of(model.served, METHODS[SERVED].weighting), model.rank(test.past)[0][:, :SHOWN]
    own["ndcg_short"] = short[SERVED].mean(axis=1)
    measured = {str(metric): float(value) for metric, value in own.mean().items()} | {
        "recall": float(ranking.recall(shown, test.held).mean()),
        "coverage": ranking.coverage(shown, len(model.catalogue)),
    }
    lines: list[dict[str, object]] = [{"method": SERVED} | own.mean().to_dict() | {"coverage": measured["coverage"]}]
    rivals = {}
    for name, method in model.rivals.items():
        scores = test.of(method, METHODS[name].weighting)
        coverage = ranking.coverage(alone(method, test.past, METHODS[name].weighting), len(model.catalogue))
        lines.append({"method": name} | scores.mean().to_dict() | {"coverage": coverage})
        lines[-1] |= paired.bootstrap(own["ndcg"].to_numpy(), scores["ndcg"].to_numpy(), repeats=2_000)
        if name in BASELINES:
            short[name] = test.short(method, METHODS[name].weighting)
            rivals[name] = scores[["ndcg"]].assign(ndcg_short=short[name].mean(axis=1))
    sections = [
        Section("Next to each rival: nDCG@10, and by how much the served method is better", pd.DataFrame(lines)),
        Section("By the size of the history", by_size(test.past, own["ndcg"].to_numpy())),
        Section("By the number of titles, nDCG@10", by_titles(short)),
        *cards.sections(model, people, measured),
    ]
    return Evaluation(measured, sections, own, rivals, BASELINES)


def by_titles(short: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the mean score of each method, by the number of titles that it was given."""
    return pd.DataFrame({name: scores.mean() for name, scores in short.items()}).rename_axis("titles").reset_index()


def alone(
    method: Scorer, past: Histories, weighting: str, k: int = SHOWN, hidden: Sequence[np.ndarray] | None = None
) -> np.ndarray:
    """Return the first k films of a single method for each history, shape (n, k). hidden: what is no candidate."""
    ranked = []
    for start in range(0, len(past), CHUNK):
        part = past.part(start, start + CHUNK)
        rated = part.matrix().toarray() > 0
        for row, films in enumerate(hidden[start : start + CHUNK] if hidden else ()):
            rated[row, films] = True
        with one_thread():
            ranked.append(ranking.top(method.scores(part.matrix(weighting)), rated, k))
    return np.concatenate(ranked)


def by_size(past: Histories, scores: np.ndarray) -> pd.DataFrame:
    """Return the mean score of people with few and with many ratings."""
    size = pd.cut([len(films) for films in past.items], [0, 30, 60, 120, 240, np.inf], right=False)
    table = pd.DataFrame({"ratings": size.astype(str), "nDCG@10": scores}).groupby("ratings", sort=False)
    return table.agg(people=("nDCG@10", "size"), ndcg=("nDCG@10", "mean")).sort_index().reset_index()
