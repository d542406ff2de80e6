"""What a run shows: errors of the forecast, elasticities, what proposed prices would earn, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired
from pipelines.pricing import cards, rivals, shelves
from pipelines.pricing.columns import BRANDS, COUNT
from pipelines.pricing.demand import OWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.pricing.demand import Demand
    from pipelines.pricing.model import PricingModel
    from pipelines.pricing.shelves import Shelves

MOVED = 0.1  # a brand whose log price changed by more since the week before: there, a forecast has to know demand
WIDTH = 1.2816  # standard deviations on each side: a normal interval of 80 %
PLAUSIBLE = (-8.0, -0.5)  # own elasticities of a brand of orange juice in a store


def evaluate(model: PricingModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on weeks that were not learned from, and the sections of the report. Weeks are the units."""
    test, past = shelves.sold_weeks(rows), shelves.history(rows)
    made = model.demand.forecast(test, past)
    guesses = {rivals.LAST: rivals.last_week(past)}
    guesses |= {name: one.forecast(test, past) for name, one in model.rivals.items()}
    own = errors(made, test)
    metrics = {name: float(column.mean()) for name, column in own.items()}
    metrics["coverage"] = float((np.abs(test.sold - made) <= WIDTH * model.demand.noise).mean())
    metrics["elastic"] = elastic(model.demand)
    baselines = {name: errors(guess, test) for name, guess in guesses.items()}
    compared = pd.DataFrame({"the demand model": metrics} | {name: one.mean() for name, one in baselines.items()}).T
    sections = [
        Section("Errors of the log of packages", compared.reset_index(names="forecast")),
        Section("Elasticities", elasticities(model.demand)),
        Section("What a percent of price does to other brands", heat(model.demand)),
        *cards.sections(rows, metrics),
    ]
    return Evaluation(metrics, sections, own, baselines)


def errors(predicted: np.ndarray, test: Shelves) -> pd.DataFrame:
    """Return mean absolute errors as a value per week, whose mean it is. predicted: log of packages, shape (n, 11)."""
    error = np.abs(predicted - test.sold)
    moved = np.abs(np.log(test.price / test.before)) > MOVED
    weeks, codes = np.unique(test.week, return_inverse=True)
    above, below = (np.bincount(codes, one.sum(axis=1), len(weeks)) for one in (error * moved, moved.astype(float)))
    return pd.DataFrame({"mae": paired.by_unit(error.mean(axis=1), test.week), "mae_moved": paired.ratio(above, below)})


def elastic(demand: Demand) -> float:
    """Return the share of brands and stores whose own elasticity is plausible."""
    own = np.diagonal(demand.elasticities(demand.stores), axis1=1, axis2=2)
    return float(((own > PLAUSIBLE[0]) & (own < PLAUSIBLE[1])).mean())


def elasticities(demand: Demand) -> pd.DataFrame:
    """Return the own elasticity of each brand: of the chain, its standard error, and among stores."""
    own = np.diagonal(demand.elasticities(demand.stores), axis1=1, axis2=2)
    return pd.DataFrame(
        {
            "brand": BRANDS,
            "own elasticity": [one.fixed[OWN] for one in demand.brands],
            "standard error": [np.sqrt(one.covariance[OWN, OWN]) for one in demand.brands],
            "lowest store": own.min(axis=0),
            "highest store": own.max(axis=0),
            "others, mean": demand.cross.sum(axis=1) / (COUNT - 1),
        }
    )


def heat(demand: Demand) -> Figure:
    """Return the cross elasticities as a picture: the sales of a row by the price of a column."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    shown = np.where(np.eye(COUNT, dtype=bool), np.nan, demand.cross)
    most = np.nanmax(np.abs(shown))
    image = axes.imshow(shown, cmap="RdBu", vmin=-most, vmax=most)
    axes.set_xticks(range(COUNT), BRANDS, rotation=60, ha="right")
    axes.set_yticks(range(COUNT), BRANDS)
    figure.colorbar(image, label="percent of packages by one percent of price")
    return figure


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
