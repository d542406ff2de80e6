"""What a run shows: errors of the forecast, elasticities, what proposed prices would earn, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired
from pipelines.pricing import cards, evidence, rivals, shelves
from pipelines.pricing.columns import BRANDS, COUNT
from pipelines.pricing.demand import OWN

if TYPE_CHECKING:
    from pipelines.pricing.demand import Demand
    from pipelines.pricing.model import PricingModel
    from pipelines.pricing.shelves import Shelves

MOVED = 0.1  # a brand whose log price changed by more since the week before: there, a forecast has to know demand
INSIDE = 0.8  # of the shelves are to be in the band of profit
PLAUSIBLE = (-8.0, -0.5)  # own elasticities of a brand of orange juice in a store


def evaluate(model: PricingModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on weeks that were not learned from, and the sections of the report. Weeks are the units."""
    test, past = shelves.sold_weeks(rows), shelves.history(rows)
    forecast = model.demand.forecast(test, past)
    guesses = {rivals.LAST: rivals.last_week(past)}
    guesses |= {name: rival.forecast(test, past) for name, rival in model.rivals.items()}
    own = errors(forecast, test)
    metrics = {name: float(column.mean()) for name, column in own.items()}
    known = getattr(model, "evidence", evidence.NONE)  # a version from before has none
    held = inside(known, forecast, test)
    metrics |= {"inside": float(held.mean()), "band_off": abs(float(held.mean()) - INSIDE)}
    predicted, actual, near = evidence.changed(model.demand, test, past)
    shares = evidence.shares(predicted, actual, near, test.week)[0]
    metrics["came_true"] = float(np.clip(shares[known.proven], 0, 1).mean()) if known.proven.any() else 0.0
    metrics["elastic"] = elastic(model.demand)
    baselines = {name: errors(guess, test) for name, guess in guesses.items()}
    compared = pd.DataFrame({"the demand model": metrics} | {name: frame.mean() for name, frame in baselines.items()}).T
    sections = [
        Section("Errors of the log of packages", compared.reset_index(names="forecast")),
        Section("Elasticities, and what came true of predictions", by_brand(model.demand, known, shares)),
        *cards.sections(rows, metrics),
    ]
    return Evaluation(metrics, sections, own, baselines)


def inside(known: evidence.Evidence, made: np.ndarray, test: Shelves) -> np.ndarray:
    """Return whether what each shelf earned is in the band of 80 %, shape (n,). made: the forecast, (n, 11)."""
    margin = test.price - test.cost
    low, high = known.band(margin * np.exp(made))
    earned = (margin * np.exp(test.sold)).sum(axis=1)
    return np.asarray((low <= earned) & (earned <= high))


def errors(predicted: np.ndarray, test: Shelves) -> pd.DataFrame:
    """Return mean absolute errors as a value per week, whose mean it is. predicted: log of packages, shape (n, 11)."""
    error = np.abs(predicted - test.sold)
    moved = np.abs(np.log(test.price / test.before)) > MOVED
    weeks, codes = np.unique(test.week, return_inverse=True)
    above, below = (np.bincount(codes, part.sum(axis=1), len(weeks)) for part in (error * moved, moved.astype(float)))
    return pd.DataFrame({"mae": paired.by_unit(error.mean(axis=1), test.week), "mae_moved": paired.ratio(above, below)})


def elastic(demand: Demand) -> float:
    """Return the share of brands and stores whose own elasticity is plausible."""
    own = np.diagonal(demand.elasticities(demand.stores), axis1=1, axis2=2)
    return float(((own > PLAUSIBLE[0]) & (own < PLAUSIBLE[1])).mean())


def by_brand(demand: Demand, known: evidence.Evidence, later: np.ndarray) -> pd.DataFrame:
    """Return the elasticity of each brand, and what came true of predicted changes. later: in the weeks that test."""
    own = np.diagonal(demand.elasticities(demand.stores), axis1=1, axis2=2)
    return pd.DataFrame(
        {
            "brand": BRANDS,
            "own elasticity": [brand.fixed[OWN] for brand in demand.brands],
            "its error": [np.sqrt(brand.covariance[OWN, OWN]) for brand in demand.brands],
            "lowest store": own.min(axis=0),
            "highest store": own.max(axis=0),
            "others, mean": demand.cross.sum(axis=1) / (COUNT - 1),
            "came true in the held-out year": known.share,
            "error of that": known.error,
            "may move": ["yes" if proven else "no" for proven in known.proven],
            "came true later": later,
        }
    )


def watched(demand: Demand, rows: Shelves, past: Shelves) -> pd.DataFrame:
    """Return what monitoring watches of weeks at the prices that were asked, a row per store and week."""
    sold = np.exp(demand.forecast(rows, past)) * demand.lift
    return pd.DataFrame(
        {
            "price_now": rows.price.mean(axis=1),
            "brands_featured": rows.feat.sum(axis=1),
            "profit": ((rows.price - rows.cost) * sold).sum(axis=1),
            "earned_profit": ((rows.price - rows.cost) * np.exp(rows.sold)).sum(axis=1),
        }
    )
