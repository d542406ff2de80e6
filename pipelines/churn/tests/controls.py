"""What must not become champion: see tests/support/controls.py."""

from pipelines.churn import training
from pipelines.churn.columns import LABEL
from pipelines.churn.model import ChurnModel
from pipelines.churn.studies.compare.methods import Simple
from tests.support.controls import Tables, cut, damaged, shuffled

SETTINGS: dict[str, object] = {}
CONTROLS = {
    "shuffled labels": shuffled("customers", LABEL),
    "inputs of other customers": damaged("customers", "tenure", "contract", "internet", "monthly"),
    "300 customers": cut("customers", 300),
}


def baseline(past: Tables) -> ChurnModel:
    """Return a logistic regression in the place of the splines."""
    return training.fit(past["customers"], Simple, seed=0)
