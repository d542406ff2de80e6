"""From weeks to what is served: the demand, its evidence, and the simpler forecasts that it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.pricing import demand, evidence, rivals, shelves
from pipelines.pricing.model import PricingModel

if TYPE_CHECKING:
    import pandas as pd


def fit(rows: pd.DataFrame) -> PricingModel:
    """Return the model. rows: weeks with what was known before them."""
    sold, past = shelves.sold_weeks(rows), shelves.history(rows)
    learned = demand.fit(sold, past)  # first: it says what is missing where there is too little
    simple = {rivals.MEAN: rivals.StoreMean().fit(sold, past), rivals.SIMPLE: rivals.LeastSquares().fit(sold, past)}
    return PricingModel(learned, evidence.fit(sold, past), simple)
