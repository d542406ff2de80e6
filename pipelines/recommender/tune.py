"""`python -m pipelines.recommender.tune`: choose the parameters of each method and of the ranker on validation data.

Validation data are held out of what is known in the test: a random fifth of it, and its last sittings. What is chosen
stands in `methods.py` and `ranker.py`, and with every value that was tried in `tune.json`. Test ratings are not read.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from capstan.errors import without_tracebacks
from capstan.settings import settings
from data_sets import movielens as data
from models.metrics import ranking
from pipelines.recommender import methods, protocol
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.histories import WEIGHTINGS
from pipelines.recommender.ranker import PARAMETERS, Inputs, TwoStages
from pipelines.recommender.report import HeldOut

GRIDS: dict[str, dict[str, list[Any]]] = {
    "popularity": {},
    "content": {"popularity": [0.1, 0.3, 1.0, 3.0]},
    "item_knn": {"neighbours": [20, 50, 200, 10_000], "shrink": [0.0, 10.0, 50.0]},
    "user_knn": {"neighbours": [15, 30, 60, 100, 200]},
    "svd": {"factors": [8, 16, 32, 48, 64]},
    "als": {"factors": [32, 64, 96], "ridge": [10.0, 30.0], "alpha": [0.0, 1.0]},
    "ease": {"ridge": [100.0, 200.0, 400.0, 800.0, 1_600.0]},
    "two_tower": {"size": [32], "epochs": [12, 24], "rate": [1e-2, 2e-2]},
}
STAGES = {"num_leaves": [4, 8], "rounds": [100, 200, 400]}
FOLDS = 5
FILE = Path(__file__).with_name("tune.json")
SPLITS = {"random fifth": "ndcg", "next sitting": "ndcg_next"}
BOTH = "both"


def combinations(grid: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield each choice of one value per name."""
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def method(name: str, test: HeldOut, films: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield the nDCG of each choice of parameters and weighting, in each split."""
    for given in combinations(GRIDS[name]):
        fitted = methods.METHODS[name].make(**given).fit(test.past, films)
        for weighting in WEIGHTINGS if name != "popularity" else ["all"]:
            scores = test.of(fitted, weighting)
            line: dict[str, Any] = {"method": name, "weighting": weighting, "parameters": given}
            line |= {split: float(scores[metric].mean()) for split, metric in SPLITS.items()}
            yield line | {BOTH: float(np.nanmean(scores.to_numpy()))}


def stages(test: HeldOut, films: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield the nDCG of each choice for the ranker: it ranks people of one fold, and has learned from the others."""
    candidates, columns = Inputs(methods.fit(test.past, films, names=methods.STAGED), films, test.past).table(test.past)
    fold = np.random.default_rng(0).permutation(len(test.past)) % FOLDS
    for given in combinations(STAGES):
        parameters = PARAMETERS | {"num_leaves": given["num_leaves"]}
        scores = np.empty(len(test.past))
        for number in range(FOLDS):
            learn, judge = (np.flatnonzero(mask) for mask in (fold != number, fold == number))
            made = TwoStages(given["rounds"], parameters)
            made.learn(candidates[learn], columns[learn], [test.held[row] for row in learn])
            ranked = made.order(candidates[judge], columns[judge])[0]
            scores[judge] = ranking.ndcg(ranked, [test.held[row] for row in judge])
        yield {"method": "two stages", "weighting": "", "parameters": given, "random fifth": float(scores.mean())}


def lines() -> list[dict[str, Any]]:
    """Return everything that was tried."""
    made: list[dict[str, Any]] = json.loads(FILE.read_text())
    return made


def best(tried: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the best line of each split and method. Of equal ones the first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for split in SPLITS:
        for line in tried:
            before = found.get((split, line["method"]))
            if split in line and (before is None or line[split] > before[split]):
                found[split, line["method"]] = line
    return found


def served(tried: list[dict[str, Any]], name: str = methods.SERVED) -> dict[str, Any]:
    """Return the line that is served: the best over all people of both splits, of which the next sitting has fewer."""
    return max((line for line in tried if line["method"] == name), key=lambda line: line[BOTH])


def main() -> None:
    """Try, print and write."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=[*GRIDS, "two stages"], choices=[*GRIDS, "two stages"])
    parser.add_argument("--out", type=Path, default=FILE)
    given = parser.parse_args()
    tables = data.tables(settings().data_dir)
    films, ratings = catalogue(tables["films"]), tables["ratings"]
    known = ratings[protocol.hold_out(ratings) == protocol.KNOWN].reset_index(drop=True)
    test = HeldOut(protocol.people(known, seed=1), films)
    tried = json.loads(given.out.read_text()) if given.out.exists() else []
    tried = [line for line in tried if line["method"] not in given.methods]  # of the others, what was tried stays
    for name in given.methods:
        for line in stages(test, films) if name == "two stages" else method(name, test, films):
            print(json.dumps(line), flush=True)
            tried.append(line)
        given.out.write_text(json.dumps(tried, indent=1) + "\n")
    for (split, name), line in best(tried).items():
        print(f"{split} {name:12} {line[split]:.4f} {line['weighting']:7} {line['parameters']}")
    print("served:", served(tried))


if __name__ == "__main__":
    main()
