"""The learners of effects, the trees from scratch, and what a policy earns, where the truth is known."""

from itertools import product

import numpy as np
import pytest

from capstan.errors import CapstanError
from data_sets import hillstrom as experiment
from models.uplift import causal_forest, policy_tree, qini
from models.uplift.bins import Bins
from pipelines.churn.studies.mails import policies, value
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def data():
    return experiment.load(DATA_DIR)


@pytest.fixture(scope="module")
def known():
    """Customers in random arms, of whom those with a high first column visit 0.4 more often when they get the mail."""
    random = np.random.default_rng(0)
    x, treated = random.normal(size=(6_000, 3)), random.integers(0, 2, 6_000)
    effect = 0.4 * (x[:, 0] > 0.3)
    return x, treated, (random.random(6_000) < 0.2 + treated * effect).astype(float), effect


def test_the_experiment_is_hillstroms(data):
    assert len(data) == 64_000 and np.bincount(data.arm).tolist() == [21_306, 21_307, 21_387]
    rates = [data.visit[data.arm == arm].mean() for arm in range(3)]
    assert rates == pytest.approx([0.1062, 0.1828, 0.1514], abs=1e-4)


def test_unknown_arm_is_named(tmp_path):
    import pandas as pd

    row = dict.fromkeys([*experiment.NUMBERS, *experiment.TEXTS, "visit"], 0) | {"segment": "Pets E-Mail"}
    pd.DataFrame([row]).to_parquet(tmp_path / experiment.FILE)
    with pytest.raises(CapstanError, match="Pets E-Mail"):
        experiment.load(tmp_path)


def test_lots_do_not_depend_on_what_was_known(data):
    """The experiment is one: each arm has the same customers on average, to four standard errors."""
    for column in data.x.T:
        means = [column[data.arm == arm].mean() for arm in range(3)]
        assert np.ptp(means) < 4 * column.std() * np.sqrt(2 / 21_000)


def test_thirds_are_apart(data):
    past, later = experiment.thirds(len(data), 0)
    assert len(later) == 21_333 and np.array_equal(np.sort(np.concatenate([past, later])), np.arange(64_000))


@pytest.mark.parametrize("name", list(policies.LEARNERS))
def test_learners_find_an_effect_that_is_there(name, known):
    x, treated, y, effect = known
    estimate = policies.LEARNERS[name](0).fit(x[:4_000], treated[:4_000], y[:4_000]).effect(x[4_000:])
    positive = effect[4_000:] > 0
    assert (
        estimate[positive].mean() - estimate[~positive].mean() > 0.15
        and np.corrcoef(estimate, effect[4_000:])[0, 1] > 0.5
    )


def test_best_border_is_the_best_of_all(known):
    x, treated, y, _ = (part[:500] for part in known)
    bins = Bins(x, bins=6)
    codes, gains = bins.codes(x), {}
    for column, border in product(range(3), range(5)):
        below = codes[:, column] <= border
        sides = [causal_forest.effect(treated[side], y[side]) for side in (below, ~below)]
        gains[column, border] = below.sum() * sides[0] ** 2 + (~below).sum() * sides[1] ** 2
    found = causal_forest.best_border(codes, bins.sizes(), treated, y, np.arange(3), smallest=1)
    assert gains[found] == pytest.approx(np.nanmax(list(gains.values())))


def test_leaves_estimate_with_customers_who_did_not_choose_the_borders(known):
    """Each leaf has the effect among the half that chose no border, and of nobody else."""
    x, treated, y, _ = known
    bins = Bins(x)
    order = np.random.default_rng(1).permutation(len(y))
    estimate = order[len(y) // 2 :]
    tree = causal_forest.HonestTree(depth=2, columns=1.0)
    tree.fit(bins.codes(x), bins.sizes(), treated, y, np.random.default_rng(1))
    leaf = tree.effect(bins.codes(x))
    for value_of_leaf in np.unique(leaf):
        inside = estimate[leaf[estimate] == value_of_leaf]
        assert value_of_leaf == pytest.approx(causal_forest.effect(treated[inside], y[inside]))


def test_policy_tree_is_the_best_of_all_trees():
    random = np.random.default_rng(0)
    x, scores = random.integers(0, 3, (80, 2)).astype(float), random.normal(size=(80, 3))
    tree = policy_tree.PolicyTree().fit(x, scores)
    total = scores[np.arange(80), tree.action(x)].sum()
    best = -np.inf
    borders = list(product(range(2), (0, 1)))
    for root, left, right in product(borders, [*borders, (0, 2)], [*borders, (0, 2)]):
        below = x[:, root[0]] <= root[1]
        inner = np.where(below, x[:, left[0]] <= left[1], x[:, right[0]] <= right[1])
        leaves = [below & inner, below & ~inner, ~below & inner, ~below & ~inner]
        best = max(best, sum(scores[leaf].sum(axis=0).max() for leaf in leaves))
    assert total == pytest.approx(best)


def test_qini_by_hand():
    treated, y = np.array([1, 0, 1, 0]), np.array([1.0, 0.0, 0.0, 1.0])
    curve = qini.curve(np.array([4.0, 3.0, 2.0, 1.0]), treated, y, np.ones(4))
    # Of the first two, one of one against none of one; in the end one of two against one of two.
    assert curve == pytest.approx([0, 1 / 2, 1 / 2, 1 / 2, 0])
    assert qini.coefficient(np.array([4.0, 3, 2, 1]), treated, y, np.ones(4)) == pytest.approx(1_000 * 1.5 / 5)


def test_weights_of_qini_are_copies(known):
    _, treated, y, effect = (part[:300] for part in known)
    times = np.random.default_rng(0).integers(0, 3, 300)
    copies = np.repeat(np.arange(300), times)
    weighted = qini.curve(effect, treated, y, times)[-1]
    copied = qini.curve(effect[copies], treated[copies], y[copies], np.ones(len(copies)))[-1]
    assert weighted == pytest.approx(copied)


def test_value_of_mailing_all_is_that_of_its_arm(data):
    worth = value.earned(data)
    for arm in range(3):
        rate = data.visit[data.arm == arm].mean() * (data.arm == arm).mean() * 3
        paid = value.MAIL * (arm > 0) * (data.arm == arm).mean() * 3
        assert worth[:, arm].mean() == pytest.approx(value.VISIT * rate - paid)


def test_policy_by_lot_earns_the_mean_of_the_actions(data):
    worth, action = value.earned(data), np.arange(len(data)) % 3
    assert value.at_random(action, worth) == pytest.approx(worth.mean(axis=1), abs=1e-4)


def test_doubly_robust_scores_have_the_means_of_the_experiment(data):
    part = data.part(np.arange(0, len(data), 8))
    means = value.doubly_robust(part, seed=0, folds=2).mean(axis=0)
    assert means == pytest.approx(value.earned(part).mean(axis=0), abs=0.05)


def test_best_action_by_the_prices():
    effects = {experiment.MEN: np.array([0.04, 0.06, 0.06]), experiment.WOMEN: np.array([0.01, 0.01, 0.2])}
    assert value.best(effects, visit=2, mail=0.1).tolist() == [0, 1, 2]
