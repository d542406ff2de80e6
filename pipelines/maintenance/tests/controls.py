"""What must not become champion: see tests/support/controls.py."""

from pipelines.maintenance import data, training
from pipelines.maintenance.columns import USED
from pipelines.maintenance.model import FleetModel
from pipelines.maintenance.simple import Simple
from tests.support.controls import Parts, Tables, damaged, shuffled

SETTINGS: dict[str, object] = {"rounds": 100}


def few_engines(parts: Parts) -> Parts:
    """Leave 25 engines to learn from, and a tenth of their cycles, as a logger that fails has it."""
    rows = parts[0]["cycles"]
    return {"cycles": rows[(rows["unit"] <= 25) & (rows["cycle"] % 10 == 0)]}, parts[1]


CONTROLS = {
    "shuffled labels": shuffled("cycles", "left"),
    "sensors of other cycles": damaged("cycles", *USED),
    "25 engines, every tenth cycle": few_engines,
}


def fewer(parts: Parts) -> Parts:
    """Return the part of FD001: training on all takes a minute."""
    past, test = ({"cycles": part["cycles"].query("subset == 'FD001'")} for part in parts)
    return past, test


def baseline(past: Tables) -> FleetModel:
    """Return a ridge regression in the place of the boosting, with the same intervals."""
    return training.fit(data.engines(past["cycles"]), Simple, seed=0)
