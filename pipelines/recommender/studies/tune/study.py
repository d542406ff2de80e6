"""Which parameters of each method and of the ranker are best on validation data?

Validation data are held out of what is known in the test: a random fifth of it, and its last sittings. What is chosen
stands in `methods.py` and `ranker.py`. Test ratings are not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.record import FILE, Record
from data_sets import movielens as data
from models.metrics import ranking
from models.recommendation.histories import WEIGHTINGS
from pipelines.recommender import methods, protocol
from pipelines.recommender.catalogue import Catalogue, catalogue
from pipelines.recommender.report import HeldOut
from pipelines.recommender.studies.tune.ranker import PARAMETERS, Inputs, TwoStages

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
SPLITS = {"random fifth": "ndcg", "next sitting": "ndcg_next"}
BOTH, FEW = "both", "1 to 10 titles"
BLEND: dict[str, list[Any]] = {
    "ridge": [200.0],
    "neighbours": [100],
    "few": [10],
    "half": [5.0, 10.0, 20.0],
    "prior": [0.0, 0.2, 0.4],
}


def combinations(grid: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Return each choice of one value per name."""
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


@cache
def validation() -> tuple[HeldOut, Catalogue]:
    """Return what is held out of what is known, and the films."""
    tables = data.tables(settings().data_dir)
    films, ratings = catalogue(tables["films"]), tables["ratings"]
    known = ratings[protocol.hold_out(ratings) == protocol.KNOWN].reset_index(drop=True)
    return HeldOut(protocol.people(known, seed=1), films), films


@cache
def candidates() -> tuple[np.ndarray, np.ndarray]:
    """Return what the ranker learns from: candidates, and what is known of them."""
    test, films = validation()
    return Inputs(methods.fit(test.past, films, names=methods.STAGED), films, test.past).table(test.past)


def single(method: str, parameters: dict[str, Any]) -> Iterator[Line]:
    """Yield the nDCG of a method with each weighting, in each split."""
    test, films = validation()
    fitted = methods.METHODS[method].make(**parameters).fit(test.past, films)
    for weighting in WEIGHTINGS if method != "popularity" else ["all"]:
        scores = test.of(fitted, weighting)
        line: Line = {"weighting": weighting}
        line |= {split: float(scores[metric].mean()) for split, metric in SPLITS.items()}
        yield line | {BOTH: float(np.nanmean(scores.to_numpy()))}


def blended(parameters: dict[str, Any]) -> Line:
    """Return the nDCG of a choice for the blend, in each split and from short histories."""
    test, films = validation()
    kind = methods.METHODS[methods.SERVED]
    fitted = kind.make(**parameters).fit(test.past, films)
    scores = test.of(fitted, kind.weighting)
    line: Line = {"method": methods.SERVED, "weighting": kind.weighting}
    line |= {split: float(scores[metric].mean()) for split, metric in SPLITS.items()}
    return line | {
        BOTH: float(np.nanmean(scores.to_numpy())),
        FEW: float(test.short(fitted, kind.weighting).mean(axis=None)),
    }


def stages(parameters: dict[str, Any]) -> Line:
    """Return the nDCG of a choice for the ranker: it ranks people of one fold, and has learned from the others."""
    test, _ = validation()
    films, columns = candidates()
    fold = np.random.default_rng(0).permutation(len(test.past)) % FOLDS
    scores = np.empty(len(test.past))
    for number in range(FOLDS):
        learn, judge = (np.flatnonzero(mask) for mask in (fold != number, fold == number))
        model = TwoStages(parameters["rounds"], PARAMETERS | {"num_leaves": parameters["num_leaves"]})
        model.learn(films[learn], columns[learn], [test.held[row] for row in learn])
        ranked = model.order(films[judge], columns[judge])[0]
        scores[judge] = ranking.ndcg(ranked, [test.held[row] for row in judge])
    return {"method": "two stages", "weighting": "", "random fifth": float(scores.mean())}


def lines() -> list[Line]:
    """Return everything that was tried."""
    return [cell["case"] | line for cell in Record.of(Path(__file__).with_name(FILE)).cells for line in cell["lines"]]


def best(tried: list[Line]) -> dict[tuple[str, str], Line]:
    """Return the best line of each split and method. Of equal ones the first."""
    found: dict[tuple[str, str], Line] = {}
    for split in SPLITS:
        for line in tried:
            before = found.get((split, line["method"]))
            if split in line and (before is None or line[split] > before[split]):
                found[split, line["method"]] = line
    return found


def served(tried: list[Line]) -> Line:
    """Return the line that is served: the best mean of both splits together and of short histories."""
    return max((line for line in tried if line["method"] == methods.SERVED), key=lambda line: line[BOTH] + line[FEW])


def chosen(split: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows the best choice of a split, and its nDCG."""

    def show(rows: pd.DataFrame) -> str:
        if rows[split].isna().all():
            return ""
        line = rows.loc[rows[split].idxmax()]
        choices = [f"{name} {value}" for name, value in line["parameters"].items()]
        return f"{line[split]:.3f}: {', '.join([*choices, line['weighting']]).removesuffix(', ')}"

    return show


def chosen_blend(rows: pd.DataFrame) -> Line:
    """Return the line of the blend that is served."""
    return served(rows.to_dict("records"))


STUDY = Study(
    measures=[
        Measure(
            single,
            [{"method": name, "parameters": choice} for name, grid in GRIDS.items() for choice in combinations(grid)],
            seeds=0,
        ),
        Measure(blended, [{"parameters": choice} for choice in combinations(BLEND)], seeds=0),
        Measure(stages, [{"parameters": choice} for choice in combinations(STAGES)], seeds=0),
    ],
    tables=[
        Table(
            {"method": "method"},
            {"tried": lambda rows: str(len(rows))} | {f"best, {split}": chosen(split) for split in (*SPLITS, BOTH)},
        ),
        Table(
            {"method": "method"},
            {
                "half": lambda rows: f"{chosen_blend(rows)['parameters']['half']:.0f}",
                "prior": lambda rows: f"{chosen_blend(rows)['parameters']['prior']:.1f}",
                "nDCG@10, both": lambda rows: f"{chosen_blend(rows)[BOTH]:.3f}",
                "nDCG@10, 1 to 10 titles": lambda rows: f"{chosen_blend(rows)[FEW]:.3f}",
            },
            "blended",
        ),
    ],
)
