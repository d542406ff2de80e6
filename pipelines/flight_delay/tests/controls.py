"""What must not become champion: see tests/support/controls.py."""

import numpy as np
import pandas as pd

from capstan.contract.model import Model
from models.linear.logistic import Logistic
from pipelines.flight_delay.columns import CATEGORIES, GROUPS, INPUTS, LABEL
from tests.support.controls import Parts, Tables, cut, damaged, shuffled

SETTINGS: dict[str, object] = {}
CONTROLS = {
    "shuffled labels": shuffled("flights", LABEL),
    "features of other flights": damaged("flights", *INPUTS[len(GROUPS["schedule"]) :]),
    "400 flights": cut("flights", 400),
}


def fewer(data: Parts) -> Parts:
    """Leave a third of the flights to learn from."""
    return {"flights": data[0]["flights"].iloc[::3]}, data[1]


class Alone(Model):
    """The logistic regression that the gate compares with, in the place of the booster."""

    def __init__(self, baseline: Logistic):
        self.baseline = baseline

    def predict_columns(self, columns: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return the `probability` of a late arrival, shape (n,)."""
        return {"probability": self.probability(columns)}

    def probability(self, columns: pd.DataFrame) -> np.ndarray:
        """Return the probability of a late arrival, shape (n,)."""
        return self.baseline.probability(columns)


def baseline(past: Tables) -> Alone:
    """Return the logistic regression alone."""
    numbers = [name for name in INPUTS if name not in CATEGORIES]
    return Alone(Logistic(numbers, CATEGORIES).fit(past["flights"], past["flights"][LABEL].to_numpy()))
