"""From weeks to what is served: the demand, its evidence, and the simpler forecasts that it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.pricing import demand, evidence, rivals, shelves
from pipelines.pricing.model import PricingModel

if TYPE_CHECKING:
    import pandas as pd


def fit(rows: pd.DataFrame) -> PricingModel:
    """Return the model. rows: weeks with what was known before them."""
    sold, past = shelves.sold_weeks(rows), shelves.history(rows)
    learned = demand.fit(sold, past)  # first: it says what is missing where there is too little
    simple: dict[str, Any] = {rivals.MEAN: rivals.StoreMean(), rivals.SIMPLE: rivals.LeastSquares()}
    return PricingModel(
        learned, evidence.fit(sold, past), {name: rival.fit(sold, past) for name, rival in simple.items()}
    )
