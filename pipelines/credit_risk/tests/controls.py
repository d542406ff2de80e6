"""What must not become champion: see tests/support/controls.py."""

from pipelines.credit_risk import training
from pipelines.credit_risk.columns import INPUTS, LABEL
from pipelines.credit_risk.model import CreditModel
from pipelines.credit_risk.scorecard import Scorecard
from tests.support.controls import Tables, cut, damaged, shuffled

SETTINGS: dict[str, object] = {}
CONTROLS = {
    "shuffled labels": shuffled("loans", LABEL),
    "inputs of other loans": damaged("loans", *INPUTS[:4]),
    "400 loans": cut("loans", 400),
}


def baseline(past: Tables) -> CreditModel:
    """Return a scorecard with one threshold for all, which is what a lender had."""
    return training.fit(past["loans"], Scorecard, fair=False, seed=0)
