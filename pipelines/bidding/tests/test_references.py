"""What is written from scratch next to river and obp, whose values are kept: they need an environment of their own."""

import json

import pytest

from models.linear import ftrl
from models.uplift import off_policy
from pipelines.bidding.studies.banners import banner
from pipelines.bidding.tests import references
from tests.support.data import DATA_DIR

KNOWN = json.loads(references.FILE.read_text())


@pytest.mark.parametrize("number", [0, 1])
def test_ftrl_has_the_probabilities_of_river(number):
    known = KNOWN["river"][number]
    learner = ftrl.Ftrl(**known["setting"])
    rows = zip(*(part.tolist() for part in references.impressions(DATA_DIR)), strict=True)
    probabilities = [learner.learn(places, clicked) for places, clicked in rows]
    assert probabilities[::50] == pytest.approx(known["probabilities"], abs=1e-9)
    assert max(probabilities) > 0.4 and min(probabilities) < 0.1  # it has learned something


def test_some_weights_stay_zero_with_l1():
    places, clicked = references.impressions(DATA_DIR)
    zero = {l1: sum(learner.weight(place) == 0 for place in set(places.ravel().tolist()))
            for l1 in (0.0, 1.0) for learner in [ftrl.Ftrl(l1=l1).fit(places, clicked)]}  # fmt: skip
    assert zero[0.0] < 5 < 1_000 < zero[1.0]


@pytest.mark.parametrize("case", list(KNOWN["obp"]))
def test_estimates_are_those_of_obp(case):
    rounds = banner.cases(DATA_DIR)[case]
    estimates = {name: estimator(rounds).mean() for name, estimator in off_policy.ESTIMATORS.items()}
    assert estimates == pytest.approx(KNOWN["obp"][case], rel=1e-9)
    assert len({round(value, 9) for value in estimates.values()}) >= 4
