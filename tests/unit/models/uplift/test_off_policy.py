"""Estimates from a log whose policy and rewards are known."""

import numpy as np
import pytest

from models.uplift import off_policy
from models.uplift.off_policy import Rounds


@pytest.fixture(scope="module")
def rounds() -> Rounds:
    """Return rounds of two actions, which earn 1 and 3; the model of rewards is wrong by 1."""
    random = np.random.default_rng(0)
    action = (random.random(20_000) < 0.25).astype(int)
    reward = np.array([1.0, 3.0])[action] + random.normal(size=len(action))
    policy = np.tile([0.0, 1.0], (len(action), 1))
    model = np.tile([2.0, 4.0], (len(action), 1))
    return Rounds(reward, action, np.array([0.75, 0.25])[action], policy, model)


def test_all_but_the_model_find_the_value(rounds):
    found = {name: float(estimator(rounds).mean()) for name, estimator in off_policy.ESTIMATORS.items()}
    assert found.pop("direct") == 4
    assert found == pytest.approx(dict.fromkeys(found, 3.0), abs=0.1)


def test_a_correction_without_a_model_is_the_inverse_propensity_score(rounds):
    nothing = np.zeros(len(rounds.reward))
    corrected = off_policy.corrected(nothing, rounds.weight(), rounds.reward, nothing)
    assert corrected == pytest.approx(off_policy.ips(rounds))
    normalized = off_policy.normalized(rounds.weight())
    assert normalized.mean() == pytest.approx(1)
    assert normalized * rounds.reward == pytest.approx(off_policy.snips(rounds))


def test_equal_weights_are_worth_all_rounds(rounds):
    assert off_policy.effective(np.ones(50)) == 50
    assert off_policy.effective(rounds.weight()) == pytest.approx(0.25 * len(rounds.reward), rel=0.05)
