"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from pipelines.pricing import rivals, training
from pipelines.pricing.columns import HISTORY, PRICES, STORE
from pipelines.pricing.model import PricingModel
from pipelines.pricing.shelves import Shelves
from tests.support.controls import Parts, Tables, cut, shuffled

SETTINGS: dict[str, object] = {}


def same_prices(data: Parts) -> Parts:
    """Let each store ask the prices of its first week in all weeks: nothing can be learned about demand."""
    rows = data[0]["weeks"]
    first = rows.groupby(STORE)[PRICES].first()
    prices = [first[store] for store in rows[STORE]]
    past = [np.tile(first[store], len(row) // len(first[store])) for store, row in zip(
        rows[STORE], rows[HISTORY[PRICES]], strict=True)]  # fmt: skip
    return {"weeks": rows.assign(**{PRICES: prices, HISTORY[PRICES]: past})}, data[1]


CONTROLS = {
    "shuffled prices": shuffled("weeks", PRICES, HISTORY[PRICES]),
    "prices that never change": same_prices,
    "200 weeks of stores": cut("weeks", 200),
}


class Simple:
    """Least squares in the place of the demand."""

    def __init__(self, learned: PricingModel):
        self.learned, self.made = learned.demand, learned.rivals[rivals.SIMPLE]

    def __getattr__(self, name: str):
        return getattr(self.learned, name)

    def forecast(self, rows: Shelves, past: Shelves) -> np.ndarray:
        return self.made.forecast(rows, past)


def baseline(past: Tables) -> PricingModel:
    """Return least squares alone."""
    model = training.fit(past["weeks"])
    return PricingModel(Simple(model), model.evidence, model.rivals)
