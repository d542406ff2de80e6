"""From engines to what is served: intervals and probabilities come from engines that their own model has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from capstan.errors import CapstanError
from pipelines.maintenance.columns import CAP
from pipelines.maintenance.data import Engine
from pipelines.maintenance.intervals import Nearby, correction
from pipelines.maintenance.log import FEWEST
from pipelines.maintenance.model import FleetModel
from pipelines.maintenance.simple import Defaults, Simple
from pipelines.maintenance.state import State

FOLDS, DRAWS = 5, 20
SMALLEST = 20  # engines: fewer have no interval
Maker = Callable[[int], Any]  # of a seed: what has fit, predict and contributions


def fit(engines: list[Engine], make: Maker, seed: int) -> FleetModel:
    """Return the model of some engines. Raises CapstanError for fewer than SMALLEST, and for one that lacks cycles."""
    if len(engines) < SMALLEST:
        raise CapstanError(f"{len(engines)} engines to learn from; {SMALLEST} are the fewest.")
    if gaps := [engine.name for engine in engines if len(engine.cycle) <= FEWEST or (np.diff(engine.cycle) != 1).any()]:
        raise CapstanError(f"Engine {gaps[0]} lacks cycles: more than {FEWEST} consecutive ones are needed.")
    state = State().fit(engines)
    features, left = [state.features(engine) for engine in engines], [engine.left for engine in engines]
    cut_places = cuts([len(own) for own in left], seed)
    predictions = out_of_fold(features, left, cut_places, make, seed)
    true = np.array([own[places] for own, places in zip(left, cut_places, strict=True)])
    shift = correction(*apart(predictions, true, seed), np.minimum(true, CAP))
    middle = make(seed).fit(features, left)
    nearby, simple = Nearby().fit(predictions, true), Simple().fit(features, left)
    return FleetModel(state, middle, nearby, shift, simple, Defaults(seed).fit(features, left))


def cuts(lengths: list[int], seed: int) -> np.ndarray:
    """Return DRAWS random places at which each engine is cut, as those to test on are, shape (engines, DRAWS)."""
    random = np.random.default_rng(seed)
    return np.array([random.integers(FEWEST - 1, length - 1, DRAWS) for length in lengths])


def folds(count: int, seed: int) -> np.ndarray:
    """Return the fold of each engine, shape (count,)."""
    return np.random.default_rng(seed).permutation(count) % FOLDS


def out_of_fold(
    features: list[np.ndarray], left: list[np.ndarray], cuts: np.ndarray, make: Maker, seed: int
) -> np.ndarray:
    """Return predictions of engines at their cuts by a model of other engines, shape of `cuts`, (engines, DRAWS)."""
    fold = folds(len(features), seed)
    predictions = np.empty(cuts.shape)
    for held in range(FOLDS):
        past = np.flatnonzero(fold != held)
        model = make(seed).fit([features[place] for place in past], [left[place] for place in past])
        for place in np.flatnonzero(fold == held):
            predictions[place] = model.predict(features[place][cuts[place]])
    return predictions


def apart(predicted: np.ndarray, left: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both quantiles of each prediction by engines of the other folds, shapes of predicted, (engines, DRAWS)."""
    fold, ends = folds(len(predicted), seed), np.empty((2, *predicted.shape))
    for held in range(FOLDS):
        own = fold == held
        for end, values in zip(
            ends, Nearby().fit(predicted[~own], left[~own]).quantiles(predicted[own].ravel()), strict=True
        ):
            end[own] = values.reshape(predicted[own].shape)
    return ends[0], ends[1]
