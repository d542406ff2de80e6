"""`python -m pipelines.recommender.tune`: choose the parameters of each method, and of the ranker, on validation data.

Validation data are the last fifth of each training history. What is chosen stands in `methods.py` and `ranker.py`, and
with every value that was tried in `tune.json`. The test ratings are not read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from capstan.settings import settings
from models import ranking
from pipelines.recommender import data, methods, report
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.columns import USER
from pipelines.recommender.histories import WEIGHTINGS, Histories, histories
from pipelines.recommender.ranker import PARAMETERS, Hybrid, Inputs

GRIDS: dict[str, dict[str, list[Any]]] = {
    "popularity": {},
    "content": {"popularity": [0.1, 0.3, 1.0, 3.0]},
    "item_knn": {"neighbours": [50, 200, 1_000, 10_000], "shrink": [0.0, 10.0, 50.0]},
    "svd": {"factors": [8, 16, 32, 48, 64, 96]},
    "als": {"factors": [32, 64, 96], "ridge": [10.0, 30.0], "alpha": [0.0, 1.0]},
    "ease": {"ridge": [100.0, 200.0, 400.0, 800.0]},
    "transitions": {"reach": [5, 10, 20, 40], "shrink": [3.0, 10.0, 30.0, 100.0]},
    "two_tower": {"size": [32], "epochs": [12, 24], "rate": [1e-2, 2e-2, 4e-2]},
}
RANKER = {"num_leaves": [4, 8], "rounds": [100, 200, 400]}
FOLDS = 5


def combinations(grid: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield each choice of one value per name."""
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def method(name: str, past: Histories, after: list[np.ndarray], films: Catalogue) -> list[dict[str, Any]]:
    """Return the nDCG of each choice of parameters and weighting."""
    lines = []
    for given in combinations(GRIDS[name]):
        fitted = methods.METHODS[name].make(**given).fit(past, films)
        for weighting in WEIGHTINGS if name != "popularity" else ["all"]:
            score = ranking.ndcg(report.alone(fitted, past, weighting), after).mean()
            lines.append({"method": name, "weighting": weighting, "parameters": given, "ndcg": float(score)})
            print(json.dumps(lines[-1]), flush=True)
    return lines


def ranker(past: Histories, after: list[np.ndarray], films: Catalogue) -> list[dict[str, Any]]:
    """Return the nDCG of each choice for the ranker: it ranks people of one fold, and has learned from the others."""
    candidates, columns = Inputs(methods.fit(past, films), films, past).table(past)
    fold = np.random.default_rng(0).permutation(len(past)) % FOLDS
    lines = []
    for given in combinations(RANKER):
        parameters = PARAMETERS | {"num_leaves": given["num_leaves"]}
        scores = np.empty(len(past))
        for number in range(FOLDS):
            learn, judge = (np.flatnonzero(mask) for mask in (fold != number, fold == number))
            made = Hybrid(given["rounds"], parameters)
            made.learn(candidates[learn], columns[learn], [after[row] for row in learn])
            ranked = made.order(candidates[judge], columns[judge])[0]
            scores[judge] = ranking.ndcg(ranked, [after[row] for row in judge])
        lines.append({"method": "hybrid", "weighting": "", "parameters": given, "ndcg": float(scores.mean())})
        print(json.dumps(lines[-1]), flush=True)
    return lines


def training_histories(ratings: Any, held: np.ndarray, films: Catalogue) -> Histories:
    """Return the history of each person without the ratings that are held out."""
    groups = ratings[~held].groupby(USER)
    return histories(groups["film"].apply(np.array).tolist(), groups["stars"].apply(np.array).tolist(), films.numbers)


def best(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the best line of each method."""
    by_method: dict[str, dict[str, Any]] = {}
    for line in sorted(lines, key=lambda line: -line["ndcg"]):
        by_method.setdefault(line["method"], line)
    return by_method


def main() -> None:
    """Try, print and write."""
    from pipelines.recommender.protocol import held_out

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=[*GRIDS, "hybrid"], choices=[*GRIDS, "hybrid"])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("tune.json"))
    given = parser.parse_args()
    tables = data.tables(settings().data_dir)
    films = catalogue(tables["films"])
    past, after = training_histories(tables["ratings"], held_out(tables["ratings"]), films).cut()
    lines = json.loads(given.out.read_text()) if given.out.exists() else []
    lines = [line for line in lines if line["method"] not in given.methods]  # of the others, what was tried stays
    for name in given.methods:
        lines += ranker(past, after, films) if name == "hybrid" else method(name, past, after, films)
        given.out.write_text(json.dumps(lines, indent=1) + "\n")
    for name, line in best(lines).items():
        print(f"{name:12} {line['ndcg']:.4f} {line['weighting']:7} {line['parameters']}")


if __name__ == "__main__":
    main()
