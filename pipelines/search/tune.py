"""`python -m pipelines.search.tune`: the settings of the rankings, chosen on the 809 claims to train on alone.

Writes `tune.json` beside this file: nDCG@10 of each setting. The forest is measured in five folds; claims about the
same abstract are in one fold. Each family has the first setting that is close to the best one. The claims to test on
have no part in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from data_sets.scifact import Claims
from models.study import Study, markdown, options
from pipelines.search import learned
from pipelines.search.rankings import Rankings, Settings, ndcg

FOLDER = Path(__file__).parent
CLOSE = 0.001  # of nDCG: less makes no difference
FOLDS = 5
METHODS = {"bm25": "words", "fields": "fields", "reciprocal": "reciprocal", "weighted": "both"}
SHARED = {"reciprocal": ("words", "meanings"), "weighted": ("words", "meanings"), "forest": ("candidates",)}
# Family -> its settings, the customary one first. Each family has what was chosen before it.
GRIDS: dict[str, list[dict[str, Any]]] = {
    "bm25": [
        {"k1": k1, "b": b} for k1 in (0.9, 1.2, 0.6, 1.5, 2.0) for b in (0.4, 0.75, 0.3, 0.5, 0.6, 0.9)
    ],
    "fields": [{"weight": weight} for weight in (1.0, 0.5, 2.0, 3.0)],
    "reciprocal": [{"constant": constant} for constant in (60, 10, 5, 20, 40)],
    "weighted": [{"share": share} for share in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)],
    "forest": [{"leaves": leaves, "rounds": rounds} for leaves in (4, 8) for rounds in (100, 300)],
}  # fmt: skip


def name(setting: dict[str, Any]) -> str:
    """Return a setting as the record calls it."""
    return ", ".join(f"{key} {value:g}" for key, value in setting.items())


def folds(relevant: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """Return the fold of each claim; those that share an abstract, through others too, have the same one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    claim = np.repeat(np.arange(len(relevant)), list(map(len, relevant)))
    abstract = np.concatenate(relevant)
    graph = coo_array((np.ones(len(claim)), (claim, abstract))).tocsr()
    groups = connected_components(graph @ graph.T)[1]
    return np.asarray(np.random.default_rng(seed).permutation(groups.max() + 1)[groups] % FOLDS)


def out_of_fold(
    pairs: learned.Candidates, claims: Claims, shape: tuple[int, int], leaves: int, rounds: int, seed: int
) -> np.ndarray:
    """Return the scores of a forest that has not seen the claim, nor another claim about its abstracts."""
    fold, made = folds(claims.relevant, seed), np.full(shape, -np.inf)
    for held in range(FOLDS):
        booster = learned.fit(pairs.of(np.flatnonzero(fold != held)), claims.relevant, leaves, rounds, seed)
        mine = fold == held
        made[mine] = learned.scores(booster, pairs.of(np.flatnonzero(mine)), shape)[mine]
    return made


def scored(family: str, rankings: Rankings, seed: int) -> np.ndarray:
    """Return the scores that a family gives all abstracts with the settings of the rankings."""
    if family != "forest":
        scores: np.ndarray = getattr(rankings, METHODS[family])
        return scores
    leaves, rounds = rankings.settings.leaves, rankings.settings.rounds
    return out_of_fold(rankings.candidates, rankings.claims, rankings.words.shape, leaves, rounds, seed)


def record() -> pd.DataFrame:
    """Return the lines of `tune.json`."""
    return pd.DataFrame(json.loads((FOLDER / "tune.json").read_text()))


def best(results: pd.DataFrame, family: str) -> dict[str, Any]:
    """Return the first setting of a family whose mean nDCG is close to the highest."""
    means = results[results["family"] == family].groupby("setting")["ndcg"].mean()
    return next(one for one in GRIDS[family] if means[name(one)] >= means.max() - CLOSE)


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the setting of each family, and how many were tried."""
    at = [name(best(results, one)) == setting for one, setting in zip(results.family, results.setting, strict=True)]
    tried = results.groupby("family")["setting"].nunique()
    columns: dict[str, Any] = {
        "settings tried": lambda rows: str(tried[rows["family"].iloc[0]]),
        "nDCG@10": lambda rows: f"{rows['ndcg'].mean():.4f}",
    }
    return markdown(results[at], {"family": "family", "setting": "setting"}, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    data, chosen = scifact.load(settings().data_dir), Settings()
    for family, grid in GRIDS.items():
        shared = Rankings(data, "train", chosen)
        for needed in SHARED.get(family, ()):
            getattr(shared, needed)  # computed once
        for setting, seed in product(grid, range(given.seeds if family == "forest" else 1)):
            one = shared.changed(**setting)
            value = float(ndcg(scored(family, one, seed), one.claims.relevant).mean())
            study.add({"family": family, "setting": name(setting), "seed": seed, "ndcg": round(value, 5)})
        chosen = replace(chosen, **best(study.table(), family))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
