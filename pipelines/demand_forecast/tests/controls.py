"""What must not become champion: see tests/support/controls.py."""

import numpy as np

from models.forecasting import conformal
from pipelines.demand_forecast.days import TARGET, windows
from pipelines.demand_forecast.forecasters import make
from pipelines.demand_forecast.model import DemandModel
from tests.support.controls import Parts, Tables, shuffled

SETTINGS = {"forecaster": "ridge"}


def a_month(data: Parts) -> Parts:
    """Leave the first month to learn from."""
    return {"days": data[0]["days"].head(23)}, data[1]


def without_structure(data: Parts) -> Parts:
    """Let the demand of the year come in any order: no day, no week and no weather explains it."""
    random = np.random.default_rng(0)
    mixed = []
    for part in data:
        rows = part["days"]
        changed = {name: list(_mixed(rows[name], random)) for name in ("demand", TARGET)}
        mixed.append({"days": rows.assign(**changed)})
    return mixed[0], mixed[1]


def _mixed(lists, random: np.random.Generator) -> np.ndarray:
    """Return lists whose values are those of all of them, in any order."""
    values = np.stack([np.asarray(row, float) for row in lists])
    return random.permutation(values.ravel()).reshape(values.shape)


CONTROLS = {
    "shuffled demand": shuffled("days", TARGET),
    "demand without structure": without_structure,
    "a month": a_month,
}


def baseline(past: Tables) -> DemandModel:
    """Return the mean of days alike, calibrated."""
    rows = windows(past["days"])
    return DemandModel(*(conformal.fit(lambda: make("alike_mean"), each) for each in (rows.blind(), rows)))
