"""Does boosting from scratch equal LightGBM, and what do curves add to a linear regression?

Over five folds of all sales: the loss of boosting by each of five losses, over 16 numbers; the error of a linear
regression, of the average over all its models, and of the additive model, over ten numbers; and the error of a curve of
the living area that is free, and of one that never falls.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from scipy.interpolate import BSpline

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from models.bayes import augmented_lagrangian
from models.bayes import model_averaging as averaging
from models.linear.backfitting import Additive, Curve
from models.trees import losses
from models.trees.histogram_tree import Growth
from models.trees.newton_boosting import Booster
from pipelines.house_price import data, stack
from pipelines.house_price.columns import LABEL, NUMBERS

ROUNDS, HOW, BINS, DELTA, LEVEL = 100, Growth(leaves=8, smallest=10, penalty=1.0), 127, 0.1, 0.9
LOSSES: dict[str, tuple[losses.Loss, dict[str, Any]]] = {
    "squared": (losses.SQUARED, {"objective": "regression"}),
    "absolute": (losses.ABSOLUTE, {"objective": "regression_l1"}),
    "Huber": (losses.huber(DELTA), {"objective": "huber", "alpha": DELTA}),
    "quantile": (losses.quantile(LEVEL), {"objective": "quantile", "alpha": LEVEL}),
    "logistic": (losses.LOGISTIC, {"objective": "binary"}),
}
LIKE = {  # the same settings, as LightGBM calls them
    **{"num_leaves": HOW.leaves, "min_data_in_leaf": HOW.smallest, "lambda_l2": HOW.penalty, "max_bin": BINS},
    **{"min_sum_hessian_in_leaf": 0, "verbosity": -1, "num_threads": 1, "min_data_in_bin": 1},
}
WIDE = [name for name in NUMBERS if name != "lot_frontage"][:16]
FEW = WIDE[:10]


def error(name: str, target: np.ndarray, margin: np.ndarray) -> float:
    """Return the mean loss of predictions; of the squared one, its root."""
    off = target - margin
    size = np.abs(off)
    means = {
        "squared": lambda: np.sqrt((off**2).mean()),
        "absolute": lambda: size.mean(),
        "Huber": lambda: np.where(size < DELTA, off**2 / 2, DELTA * (size - DELTA / 2)).mean(),
        "quantile": lambda: np.maximum(LEVEL * off, (LEVEL - 1) * off).mean(),
        "logistic": lambda: (np.logaddexp(0, margin) - target * margin).mean(),
    }
    return float(means[name]())


def boosting(name: str, seed: int) -> Line:
    """Return a loss of ours and of LightGBM."""
    rows, (loss, objective) = houses(), LOSSES[name]
    matrix, price = rows[WIDE].fillna(0).to_numpy(), np.log(rows[LABEL].to_numpy())
    target = (price > 12).astype(float) if name == "logistic" else price
    mine, theirs = np.empty(len(target)), np.empty(len(target))
    for past, held in stack.folds(len(target), seed):
        booster = lightgbm.train(LIKE | objective, lightgbm.Dataset(matrix[past], target[past]), ROUNDS)
        theirs[held] = booster.predict(matrix[held], raw_score=True)
        mine[held] = Booster(loss, ROUNDS, 0.1, HOW, BINS).fit(matrix[past], target[past]).predict(matrix[held])
    return {"ours": error(name, target, mine), "theirs": error(name, target, theirs)}


def additive(seed: int) -> Iterator[Line]:
    """Yield a line per method over ten numbers: its root mean squared error."""
    rows = houses()
    matrix, target = rows[FEW].fillna(0).to_numpy(), np.log(rows[LABEL].to_numpy())
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)  # a scale, which no method's answer depends on
    squares = dict.fromkeys(["linear regression", "average over its 1,024 models", "additive model"], 0.0)
    for past, held in stack.folds(len(target), seed):
        known, others = matrix[past], np.column_stack([np.ones(len(held)), matrix[held]])
        average = averaging.every(known, target[past])
        predictions = [
            others @ averaging.bic(known, target[past], (True,) * len(FEW))[1],
            others @ average.weights(),
            Additive(penalty=1.0).fit(known, target[past]).predict(matrix[held]),
        ]
        for name, values in zip(squares, predictions, strict=True):
            squares[name] += float(((values - target[held]) ** 2).sum())
    for name, total in squares.items():
        yield {"name": name, "rmse": float(np.sqrt(total / len(target)))}


def rising(seed: int) -> Iterator[Line]:
    """Yield a line for a free curve of the living area and one that never falls: its error, and where it falls."""
    rows = houses()
    area, target = rows["living_area"].to_numpy() / 1_000, np.log(rows[LABEL].to_numpy())
    others = rows[FEW].drop(columns="living_area", errors="ignore").fillna(0).to_numpy()
    others = np.column_stack([np.ones(len(others)), (others - others.mean(axis=0)) / others.std(axis=0)])
    squares, falling = {"free": 0.0, "never falls": 0.0}, {"free": 0.0, "never falls": 0.0}
    for past, held in stack.folds(len(target), seed):
        curve = Curve(area[past])
        grid = np.linspace(*curve.ends, 200)
        slopes = BSpline(curve.knots, np.eye(curve.size), 3)(grid, 1)
        known, later = curve.basis(area[past]), curve.basis(area[held])
        for name, constraints in {"free": slopes[:0], "never falls": slopes}.items():
            weights = augmented_lagrangian.rising(known, constraints, others[past], target[past])
            predicted = np.hstack([later, others[held]]) @ weights
            squares[name] += float(((predicted - target[held]) ** 2).sum())
            falling[name] += float((slopes @ weights[: curve.size] < -1e-8).mean()) / stack.FOLDS
    for name, total in squares.items():
        yield {"name": name, "rmse": float(np.sqrt(total / len(target))), "falling": falling[name]}


@cache
def houses() -> pd.DataFrame:
    """Return all sales."""
    return data.houses(settings().data_dir)


STUDY = Study(
    measures=[Measure(boosting, [{"name": name} for name in LOSSES]), Measure(additive), Measure(rising)],
    tables=[
        Table(
            {"loss": "name"},
            {
                "from scratch": lambda rows: spread(rows["ours"], digits=4),
                "LightGBM": lambda rows: spread(rows["theirs"], digits=4),
                "more": lambda rows: f"{spread(rows['ours'] / rows['theirs'] - 1, 100, 2)} %",
            },
            "boosting",
        ),
        Table(
            {"over ten numbers": "name"},
            {"RMSE of the logarithm": lambda rows: spread(rows["rmse"], digits=4)},
            "additive",
        ),
        Table(
            {"curve of the living area": "name"},
            {
                "RMSE of the logarithm": lambda rows: spread(rows["rmse"], digits=4),
                "of the range, it falls on": lambda rows: f"{spread(rows['falling'], 100, 0)} %",
            },
            "rising",
        ),
    ],
    seeds=1,
)
