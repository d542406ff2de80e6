"""Funnel, chain and Shapley's values: by hand, against statsmodels, and where the causes are known."""

from itertools import permutations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from data_sets import shop_sessions as sessions
from models.attribution import methods, rules
from models.attribution.markov import Chain
from models.attribution.shapley import rate, shapley
from pipelines.churn.studies.paths import funnel, simulation
from tests.support.data import DATA_DIR

PATHS = [["a", "b"], ["a"], ["b", "b"], ["b", "a", "c"], []]
BOUGHT = [True, False, True, True, False]


@pytest.fixture(scope="module")
def rows():
    return sessions.load(DATA_DIR)


@pytest.fixture(scope="module")
def people():
    return {name: simulation.draw(world, 6_000, seed=1) for name, world in simulation.WORLDS.items()}


def test_sessions_are_those_of_the_source(rows):
    assert len(rows) == 12_330 and rows["bought"].sum() == 1_908


def test_intervals_of_the_funnel_are_those_of_statsmodels(rows):
    steps = funnel.funnel(funnel.steps(rows))
    before = len(rows)
    for step in steps:
        assert (step.low, step.high) == pytest.approx(proportion_confint(step.reached, before, method="wilson"))
        before = step.reached
    assert [step.reached for step in steps] == sorted((step.reached for step in steps), reverse=True)


def test_chain_of_the_steps_has_the_purchases_of_the_funnel(rows):
    """Steps are an absorbing chain: its probability to end in a purchase is the product of the shares."""
    reaches = funnel.steps(rows)
    names = list(reaches)[1:-1]
    paths = [[name for name in names if reaches[name][row]] for row in range(len(rows))]
    bought = list(reaches.values())[-1]
    chain = Chain(paths, bought.tolist())
    assert chain.conversion() == pytest.approx(bought.mean())
    assert set(chain.removal().values()) == {1.0}  # nobody buys past a step, so removal shows nothing of it


def test_chain_by_hand():
    # From a: b in 1/3, c in 1/3, out in 1/3. From b: a in 1/4, b in 1/4, a purchase in 1/2. From c: a purchase.
    chain = Chain(PATHS[:4], BOUGHT[:4])
    a = np.linalg.solve([[1, -1 / 3], [-1 / 4, 3 / 4]], [1 / 3, 1 / 2])
    assert chain.conversion() == pytest.approx(a.mean())  # half of the paths begin with each
    assert chain.removal()["c"] == pytest.approx(
        1 - np.linalg.solve([[1, -1 / 3], [-1 / 4, 3 / 4]], [0, 1 / 2]).mean() / a.mean()
    )


def test_chain_of_the_first_order_gives_back_the_purchases(people):
    """Whatever the order, the chain's own conversion is that of the paths it was made of."""
    group = people["at random"]
    kept = [(path, won) for path, won in zip(group.paths(), group.buys().tolist(), strict=True) if path]
    paths, bought = zip(*kept, strict=True)
    assert Chain(paths, bought).conversion() == pytest.approx(np.mean(bought))


def test_shapley_is_the_mean_over_all_orders():
    worth = {"": 0.0, "a": 1.0, "b": 2.0, "c": 0.5, "ab": 5.0, "ac": 1.5, "bc": 2.0, "abc": 6.0}
    shares = shapley("abc", lambda group: worth["".join(sorted(group))])
    for name in "abc":
        added = []
        for order in permutations("abc"):
            before = "".join(sorted(order[: order.index(name)]))
            added.append(worth["".join(sorted([*before, name]))] - worth[before])
        assert shares[name] == pytest.approx(np.mean(added))
    assert sum(shares.values()) == pytest.approx(6)


def test_shapley_of_purchases_divides_each_evenly_among_its_channels(people):
    group = people["at random"]
    paths, bought = group.paths(), group.buys().tolist()
    even = rules.linear([sorted(set(path)) for path in paths], bought)
    assert methods.shapley_of_purchases(paths, bought) == pytest.approx(even)


def test_rules_by_hand():
    assert rules.first(PATHS, BOUGHT) == {"a": 1, "b": 2, "c": 0}
    assert rules.last(PATHS, BOUGHT) == {"b": 2, "c": 1, "a": 0}
    assert rules.linear(PATHS, BOUGHT) == pytest.approx({"a": 1 / 2 + 1 / 3, "b": 1 / 2 + 1 + 1 / 3, "c": 1 / 3})


def test_rate_of_unknown_sets_is_none():
    sets = [frozenset("a"), frozenset("a"), frozenset("ab")]
    worth = rate(sets, [True, False, True])
    assert (worth(frozenset("a")), worth(frozenset("ab")), worth(frozenset("b"))) == (0.5, 1.0, 0.0)


def test_causes_are_what_a_channel_does_and_nothing_else(people):
    for group in people.values():
        causes = group.causes()
        assert causes["brand search"] == causes["retargeting"] == 0 < causes["social"] < causes["search"]


def test_rates_are_near_the_truth_by_lot_and_far_where_channels_follow_the_intent(people):
    far = {}
    for name, group in people.items():
        shares = methods.shapley_of_rates(group.paths(), group.buys().tolist())
        far[name] = methods.distance(shares, group.causes())
    assert far["at random"] < 0.15 < 0.3 < far["two channels follow the intent"]


def test_distance_is_what_has_to_move():
    assert methods.distance({"a": 3.0, "b": 1.0}, {"a": 1.0, "b": 1.0}) == pytest.approx(0.25)
    assert methods.distance({"a": 2.0}, {"b": 5.0, "a": 0.0}) == 1
