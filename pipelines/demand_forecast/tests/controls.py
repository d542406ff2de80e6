"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from pipelines.demand_forecast import conformal
from pipelines.demand_forecast.forecasters import make
from pipelines.demand_forecast.model import DemandModel
from pipelines.demand_forecast.windows import DAY, cut
from tests.support.controls import Parts, Tables, shuffled

SETTINGS = {"forecaster": "boosting", "folds": 1}


def a_month(data: Parts) -> Parts:
    """Leave the first month to learn from."""
    return {"half_hours": data[0]["half_hours"].head(30 * DAY)}, data[1]


def without_structure(data: Parts) -> Parts:
    """Let the demand of the year come in any order: no day, no week and no weather explains it."""
    random = np.random.default_rng(0)
    mixed = [part["half_hours"] for part in data]
    mixed = [rows.assign(demand=random.permutation(rows["demand"].to_numpy())) for rows in mixed]
    return {"half_hours": mixed[0]}, {"half_hours": mixed[1]}


CONTROLS = {
    "shuffled demand": shuffled("half_hours", "demand"),
    "demand without structure": without_structure,
    "a month": a_month,
}


def baseline(past: Tables) -> DemandModel:
    """Return the mean of days alike, calibrated."""
    windows = cut(past["half_hours"])
    return DemandModel(*(conformal.fit(lambda: make("alike_mean"), rows) for rows in (windows.blind(), windows)))
