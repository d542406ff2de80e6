"""Claims of profit that can be refuted: in logs whose demand is known, and where there is nothing to gain."""

from dataclasses import replace

import numpy as np
import pytest

from models.uplift.off_policy import effective
from pipelines.pricing import demand, evidence
from pipelines.pricing.columns import COUNT
from pipelines.pricing.shelves import Shelves
from pipelines.pricing.studies.trying import study as simulator
from pipelines.pricing.studies.worth import value


def logged(seed: int, elasticity: float, rows: int = 20_000) -> tuple[value.Weeks, np.ndarray, float]:
    """Return a log of one brand whose price depends on whether it is wanted, its probabilities, and what is true.

    The demand model of these weeks is wrong: it believes that demand does not react.
    """
    random = np.random.default_rng(seed)
    wanted = random.random(rows) < 0.5
    probability = np.where(wanted[:, None], [0.1, 0.1, 0.2, 0.2, 0.4], [0.4, 0.2, 0.2, 0.1, 0.1])
    step = (random.random(rows)[:, None] > probability.cumsum(axis=1)).sum(axis=1)
    price = np.array([0.8, 0.9, 1.0, 1.1, 1.2]) * 3.0
    base = np.where(wanted, 200.0, 100.0)

    def profit(at: np.ndarray) -> np.ndarray:
        return (price[at] - 2.0) * base * (price[at] / 3.0) ** elasticity

    proposed, usual = np.full(rows, 4), np.full(rows, value.USUAL_STEP)
    earned = profit(step) * random.lognormal(-0.02, 0.2, rows)
    guessed, hoped, stayed = ((price[steps] - 2.0) * 150.0 for steps in (step, proposed, usual))
    week = value.Weeks(step, proposed, earned, guessed, hoped, stayed, np.zeros(rows), np.ones(rows, bool))
    return week, probability, float((profit(proposed) - profit(usual)).mean())


@pytest.mark.parametrize("elasticity", [-1.0, -4.0])
def test_doubly_robust_finds_the_gain_where_the_demand_model_is_wrong(elasticity):
    """At -1 a higher price gains, at -4 it loses, and the demand model believes in a gain both times."""
    week, probability, truth = logged(0, elasticity)
    found = value.estimates(week, probability)
    error = found["doubly_robust"].std() / np.sqrt(len(week.step))
    assert found["doubly_robust"].mean() == pytest.approx(truth, abs=4 * error)
    assert found["model"].mean() > 0 and abs(found["model"].mean() - truth) > 10 * error
    assert np.sign(found["doubly_robust"].mean()) == np.sign(truth) == (1 if elasticity == -1.0 else -1)


def test_weights_of_prices_that_are_never_asked_are_worth_few_rows():
    week, probability, _ = logged(1, -2.0, rows=2_000)
    often = effective(value.weighted(week, probability, week.proposed))
    rarely = week._replace(step=np.where(np.arange(2_000) < 9, 4, 0))
    rare = effective(value.weighted(rarely, probability, week.proposed))
    assert often > 200 > 10 > rare


def test_weeks_without_a_change_gain_nothing():
    week, probability, _ = logged(2, -2.0, rows=500)
    found = value.estimates(week._replace(moved=np.zeros(500, bool)), probability)
    assert all((gain == 0).all() for gain in found.values())


def test_gain_of_prices_is_that_over_the_usual_ones(parts, learned):
    rows, past = parts[1]
    same, higher = (value.line(learned, parts[0], parts[1], rows.usual * times) for times in (1.0, 1.1))
    assert same["model"] == same["doubly_robust"] == same["moved"] == 0
    assert higher["model"] > 0 and higher["doubly_robust_low"] < higher["doubly_robust"] and higher["moved"] > 5
    probability = value.probabilities(
        (value.context(*parts[0], 0), value.steps(parts[0][0].price[:, 0], parts[0][0].usual[:, 0])),
        value.context(rows, past, 0),
    )
    assert probability.shape == (len(rows), value.STEPS) and probability.min() >= value.LEAST_PROBABILITY


@pytest.fixture(scope="module")
def half(parts, learned):
    """A world of the last week, and what is believed of it."""
    rows, past = parts[1]
    last = rows.week == rows.week.max()
    of = simulator.world(learned, rows.take(last), past.take(np.repeat(last, len(past) // len(rows))))
    return of, simulator.prior(learned, of.level)


def test_nobody_earns_more_in_the_simulator_than_who_knows_demand(half):
    of, start = half
    quiet = of._replace(noise=np.full(COUNT, 1e-6))
    earned = {policy: simulator.lived(quiet, start, policy, seed=0).sum() for policy in simulator.POLICIES}
    assert max(earned, key=earned.get) == simulator.KNOW and earned[simulator.THOMPSON] > earned[simulator.KEEP]


def test_wrong_belief_loses_and_thompson_sampling_mends_it(half):
    of, start = half
    wrong = start._replace(mean=start.mean + np.array([0.0, 3.0]))  # as if customers hardly reacted
    earned = {policy: simulator.lived(of, wrong, policy, seed=0).sum() for policy in simulator.POLICIES}
    assert earned[simulator.BELIEVE] < earned[simulator.THOMPSON]


def test_halves_share_no_store():
    first, second = simulator.halves(np.arange(20), seed=0)
    assert not set(first) & set(second) and len(first) == len(second) == 10


def test_prices_that_say_nothing_give_no_elasticity(parts):
    """Shuffled prices: what is learned of own prices is near zero; the real ones have -1 to -4."""
    rows, past = parts[0]
    order = np.random.default_rng(0).permutation(len(rows))
    mixed = Shelves(**vars(rows) | {"price": rows.price[order]})
    count = len(past) // len(rows)
    blind = demand.fit(mixed, replace(past, price=past.price.reshape(-1, count, COUNT)[order].reshape(-1, COUNT)))
    own = np.array([model.fixed[demand.OWN] for model in blind.brands])
    assert np.abs(own).max() < 0.5


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_share_that_came_true_is_found_though_weeks_err_together(truth):
    random = np.random.default_rng(0)
    week = np.repeat(np.arange(52), 40)
    predicted = random.normal(0, 10, 52)[week] + random.normal(0, 3, len(week))
    shared, own = random.normal(0, 30, 52)[week], random.normal(0, 30, len(week))
    share, error = evidence.slope(truth * predicted + shared + own, predicted, week)
    _, narrow = evidence.slope(truth * predicted + shared + own, predicted, np.arange(len(week)))
    assert share == pytest.approx(truth, abs=2.5 * error) and error > 2 * narrow


def test_brand_without_weeks_near_its_usual_price_is_not_proven():
    assert evidence.slope(np.zeros(3), np.ones(3), np.arange(3)) == (0.0, 1.0)


def test_evidence_takes_whole_weeks_that_the_model_has_not_seen(parts, model):
    rows = parts[0][0]
    held = np.isin(rows.week, np.unique(rows.week)[-52:])
    assert model.evidence.weeks == 52 and len(model.evidence.left) == held.sum()
    low, high = model.evidence.tails
    assert low < 0.1 and high > 0.9
