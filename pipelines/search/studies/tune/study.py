"""Which settings do the rankings get, chosen on the 809 claims to train on alone?

nDCG@10 of each setting; each family has what was chosen of the families before it. The forest is measured in five
folds; claims about the same abstract are in one fold. The claims to test on have no part in it.
"""

from __future__ import annotations

import numpy as np

from capstan.study import Choices, Line, Measure, Study
from data_sets.scifact import Claims
from pipelines.search.ranking import ndcg
from pipelines.search.studies import learned, rankings
from pipelines.search.studies.rankings import FOLDS, Rankings, folds

# Family -> its scores in `Rankings`, and its settings, the customary one first.
FAMILIES = Choices({
    "bm25": ("words", {"k1": (0.9, 1.2, 0.6, 1.5, 2), "b": (0.4, 0.75, 0.3, 0.5, 0.6, 0.9)}),
    "fields": ("fields", {"weight": (1, 0.5, 2, 3)}),
    "reciprocal": ("reciprocal", {"constant": (60, 10, 5, 20, 40)}),
    "weighted": ("both", {"share": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)}),
    "forest": ("candidates", {"leaves": (4, 8), "rounds": (100, 300)}),
}, score="ndcg", close=0.001)  # fmt: skip
SHARED = {"reciprocal": ("words", "meanings"), "weighted": ("words", "meanings"), "forest": ("candidates",)}


def out_of_fold(
    pairs: learned.Candidates, claims: Claims, shape: tuple[int, int], leaves: int, rounds: int, seed: int
) -> np.ndarray:
    """Return the scores of a forest that has not seen the claim, nor another claim about its abstracts."""
    fold, scores = folds(claims.relevant, seed), np.full(shape, -np.inf)
    for held in range(FOLDS):
        booster = learned.fit(pairs.of(np.flatnonzero(fold != held)), claims.relevant, leaves, rounds, seed)
        mine = fold == held
        scores[mine] = learned.scores(booster, pairs.of(np.flatnonzero(mine)), shape)[mine]
    return scores


def scored(family: str, ranked: Rankings, seed: int) -> np.ndarray:
    """Return the scores that a family gives all abstracts with the settings of the rankings."""
    scores = getattr(ranked, FAMILIES.kind(family))
    if family != "forest":
        return np.asarray(scores)
    leaves, rounds = ranked.settings.leaves, ranked.settings.rounds
    return out_of_fold(scores, ranked.claims, ranked.words.shape, leaves, rounds, seed)


def score(family: str, setting: str, seed: int) -> Line:
    """Return nDCG@10 of a family with a setting."""
    known = rankings.of("train")
    for name in SHARED.get(family, ()):
        getattr(known, name)  # computed once: `changed` keeps it
    ranked = known.changed(**FAMILIES.setting(family, setting))
    return {"ndcg": float(ndcg(scored(family, ranked, seed), ranked.claims.relevant).mean())}


STUDY = Study(
    measures=[Measure(score, FAMILIES.cases())],
    tables=[FAMILIES.table({"nDCG@10": lambda rows: f"{rows['ndcg'].mean():.4f}"})],
    seeds=1,
)
