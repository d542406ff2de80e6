"""From sales to what is served: weights, scale and intervals come from errors of houses that no member has seen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from models.intervals.conformal import Conformal
from pipelines.house_price import gaps, stack
from pipelines.house_price.columns import INPUTS, LABEL, NUMBERS
from pipelines.house_price.derived import derive
from pipelines.house_price.members import Boosting, Net, Vectors
from pipelines.house_price.model import HouseModel
from pipelines.house_price.reasons import references
from pipelines.house_price.scale import Scale

if TYPE_CHECKING:
    import pandas as pd

# The settings of each member: see the study `tune`.
SETTINGS: dict[str, dict[str, Any]] = {
    "boosting": {"leaves": 12, "rounds": 1_200, "rate": 0.02, "share": 0.3},
    "vectors": {"strength": 8.0, "width": 0.003},
    "net": {"penalty": 0.0005},
}
KINDS: dict[str, type] = {"boosting": Boosting, "vectors": Vectors, "net": Net}


def makers(seed: int, settings: dict[str, dict[str, Any]] = SETTINGS) -> stack.Makers:
    """Return what makes each member."""
    return {name: partial(KINDS[name], seed, **has) for name, has in settings.items()}


def fit(rows: pd.DataFrame, made_by: stack.Makers, seed: int) -> HouseModel:
    """Return the model of some sales."""
    target = np.log(rows[LABEL].to_numpy())
    known, filled = out_of_fold(rows, target, made_by, seed)
    weight = stack.weights(known[0], target)
    ensemble = stack.Stack(made_by, weight).fit(rows, target)
    predicted = [each @ weight for each in known]
    errors = [target - each for each in predicted]
    derived = [derive(each) for each in filled]
    spread = [np.empty(len(rows)) for _ in known]
    for past, held in stack.folds(len(rows), seed + 1):  # a scale knows the errors that it was fitted on too well
        fold = Scale(seed).fit(derived[0][past], np.abs(errors[0][past]))
        for each, houses in zip(spread, derived, strict=True):
            each[held] = fold.predict(houses[held])
    scale = Scale(seed).fit(derived[0], np.abs(errors[0]))
    border = float(np.quantile(predicted[0], gaps.EXPENSIVE))
    group = gaps.cell(np.repeat(np.arange(len(known)), len(rows)), np.concatenate(predicted), border)
    conformal = Conformal().fit(np.concatenate(errors), np.concatenate(spread), group)
    ranges = {name: (float(rows[name].min()), float(rows[name].max())) for name in NUMBERS}
    baseline = stack.Stack({"net": Net}, np.ones(1)).fit(rows, target)
    return HouseModel(ensemble, scale, conformal, border, references(ensemble, rows), ranges, baseline)


def out_of_fold(
    rows: pd.DataFrame, target: np.ndarray, made_by: stack.Makers, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the members' predictions for each group of what is left out, each of shape (n, k), by members and a coder
    that were fitted without the fold of the row; and the houses as that coder filled them in.
    """
    known = [np.empty((len(rows), len(made_by))) for _ in gaps.GROUPS]
    filled = [np.empty((len(rows), len(INPUTS))) for _ in gaps.GROUPS]
    for past, held in stack.folds(len(rows), seed):
        coder, members = stack.fit(rows.iloc[past], target[past], made_by)
        codes = coder.codes(rows.iloc[held])
        for group in range(len(gaps.GROUPS)):
            filled[group][held] = coder.fill(gaps.without(codes, group, seed))
            derived = derive(filled[group][held])
            known[group][held] = np.column_stack([member.predict(derived) for member in members])
    return known, filled
