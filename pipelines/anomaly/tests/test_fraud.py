"""The simulated payments, what is known of each, and focal loss."""

import numpy as np
import pytest

from models.linear import focal
from pipelines.anomaly.studies.fraud import generator, histories

SMALL = generator.World(customers=300, merchants=60, rings=2, thefts=15, days=60)


@pytest.fixture(scope="module")
def payments():
    return generator.simulate(SMALL, seed=0)


def test_world_is_the_same_for_a_seed_and_has_what_it_says(payments):
    assert payments.equals(generator.simulate(SMALL, seed=0)) and not payments.equals(generator.simulate(SMALL, seed=1))
    assert payments["time"].is_monotonic_increasing and set(payments["kind"]) == {"honest", "theft", "ring"}
    ring = payments[payments["kind"] == "ring"].groupby(payments["device"] // 3)
    assert (ring["customer"].nunique() >= 7).all() and (ring["merchant"].nunique() == 1).all()


def test_thieves_learn_and_customers_go_online(payments):
    late = payments["time"] >= generator.DRIFT * generator.DAY
    theft, honest = payments["kind"] == "theft", payments["kind"] == "honest"
    assert payments[theft & late]["amount"].median() < payments[theft & ~late]["amount"].median() / 4
    assert payments[honest & late]["online"].mean() == pytest.approx(1 / 3, abs=0.04)


def test_planted_future_has_no_effect(payments):
    half = len(payments) // 2
    planted = payments.copy()
    planted.loc[half:, ["amount", "customer", "device", "merchant"]] = [1e6, 1, 1, 1]
    assert histories.known(planted).head(half).equals(histories.known(payments).head(half))


def test_links_are_the_connected_parts():
    links = histories.Links()
    assert [links.add(*pair) for pair in [(1, 10), (2, 10), (3, 11), (3, 11), (2, 11), (4, 12)]] == [1, 2, 1, 1, 3, 1]


def test_rings_are_linked_and_households_are_two(payments):
    known = histories.known(payments)
    assert known["linked"][payments["kind"] == "ring"].quantile(0.7) >= 7
    assert known["linked"][payments["kind"] == "honest"].median() <= 2


def test_slope_of_the_focal_loss_is_that_of_torch():
    import torch

    random = np.random.default_rng(0)
    margin, y = random.normal(0, 3, 50), random.integers(0, 2, 50)
    value, slope = focal.loss(margin, y, 2.0, 0.7)
    tensor = torch.tensor(margin, requires_grad=True)
    sign = torch.tensor(np.where(y == 1, 1.0, -1.0))
    right = torch.sigmoid(sign * tensor)
    expected = (
        -torch.tensor(np.where(y == 1, 0.7, 0.3)) * (1 - right) ** 2 * torch.nn.functional.logsigmoid(sign * tensor)
    )
    expected.sum().backward()
    assert value == pytest.approx(expected.detach().numpy()) and slope == pytest.approx(tensor.grad.numpy(), abs=1e-9)


def test_without_focus_it_is_a_logistic_regression(payments):
    from sklearn.linear_model import LogisticRegression

    known = histories.known(payments)[histories.PLAIN].to_numpy()
    ours = focal.Focal(gamma=0.0, ridge=1e-4).fit(known, payments["fraud"].to_numpy())
    z = (known - ours.mean) / ours.spread
    # Half of the log loss, as alpha 1/2 has it, and its ridge on the offset as well.
    theirs = LogisticRegression(C=1 / (4e-4 * len(z)), max_iter=1_000).fit(z, payments["fraud"])
    assert np.corrcoef(ours.margin(known), theirs.decision_function(z))[0, 1] > 0.999
