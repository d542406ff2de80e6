"""Published examples, references and invariants of the statistics against overfitting."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import SPA
from scipy.stats import kstest

from capstan.errors import CapstanError
from models.finance import overfitting
from models.finance.overfitting import YEAR, backtest_overfitting, confidence, luckiest, reality_check


def noise(days: int, strategies: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(5, (days, strategies)) / 100


def test_the_example_of_the_paper_on_the_probabilistic_sharpe_ratio():
    assert confidence(0.458, 0, 24) == pytest.approx(0.982, abs=5e-4)
    assert confidence(0.458, 0, 24, -2.448, 10.164) == pytest.approx(0.913, abs=5e-4)


@pytest.mark.parametrize(("trials", "deflated"), [(100, 0.9004), (46, 0.9505)])
def test_the_example_of_the_paper_on_the_deflated_sharpe_ratio(trials, deflated):
    benchmark = luckiest(trials, 1 / 2 / 250)
    if trials == 100:
        assert benchmark == pytest.approx(0.1132, abs=5e-5)
    assert confidence(2.5 / np.sqrt(250), benchmark, 1_250, -3, 10) == pytest.approx(deflated, abs=5e-5)


def test_the_luckiest_of_many_is_what_a_simulation_finds():
    best = np.random.default_rng(0).normal(0, 0.05, (20_000, 50)).max(axis=1).mean()
    assert luckiest(50, 0.05**2) == pytest.approx(best, rel=0.02)
    assert luckiest(1, 0.0) == 0


def test_a_deflated_ratio_falls_with_each_trial_and_ignores_the_scale():
    returns = noise(500, 1)[:, 0] + 0.001
    single, few, many = (overfitting.deflated_sharpe(returns, np.resize([0.0, 0.1], trials)) for trials in (1, 10, 100))
    assert single == overfitting.probabilistic_sharpe(returns) > few > many
    assert overfitting.deflated_sharpe(returns * 7, np.resize([0.0, 0.1], 10)) == pytest.approx(few)


def test_the_probabilistic_ratio_covers_what_it_claims_with_skewed_returns():
    returns = np.random.default_rng(0).gamma(2, size=(1_000, 250)) - 2
    returns = 0.1 * np.sqrt(2) - returns  # a true Sharpe ratio of 0.1, and a tail of losses
    claimed = np.array([overfitting.probabilistic_sharpe(sample, 0.1) for sample in returns])
    assert kstest(claimed, "uniform").statistic < 0.06


def test_overfitting_is_that_of_the_papers_recipe_step_by_step():
    returns = pd.DataFrame(noise(83, 7))
    parts = [returns.iloc[begin : begin + 10] for begin in range(3, 83, 10)]
    logits = []
    for half in combinations(range(8), 4):
        inside = pd.concat([parts[i] for i in half])
        outside = pd.concat([parts[i] for i in range(8) if i not in half])
        best = (inside.mean() / inside.std()).idxmax()
        rank = (outside.mean() / outside.std()).rank()[best] / 8
        logits.append(np.log(rank / (1 - rank)))
    estimate = backtest_overfitting(returns.to_numpy(), 8)
    np.testing.assert_allclose(estimate.logits, logits)
    assert estimate.probability == np.mean(np.array(logits) <= 0)


def test_the_best_of_noise_is_overfitted_and_a_real_edge_is_not():
    of_noise = [backtest_overfitting(noise(480, 20, seed), 8) for seed in range(60)]
    assert np.mean([estimate.probability for estimate in of_noise]) == pytest.approx(0.5, abs=0.08)
    planted = noise(1_600, 20) + np.eye(20)[3] * 0.004
    assert backtest_overfitting(planted).probability < 0.01
    assert backtest_overfitting(planted).loss < 0.01


def test_the_reality_check_of_noise_is_uniform_and_finds_a_real_edge():
    values = [reality_check(noise(250, 8, seed), np.zeros(250), 200, block=1) for seed in range(300)]
    assert kstest(values, "uniform").statistic < 0.1
    planted = noise(1_000, 50) + np.eye(50)[3] * 0.003
    assert reality_check(planted, np.zeros(1_000)) < 0.01


def test_the_reality_check_is_that_of_arch():
    for seed in range(2):
        returns, benchmark = noise(500, 10, seed) + 0.0004, noise(500, 1, seed + 100)[:, 0]
        reference = SPA(-benchmark, -returns, block_size=10, reps=4_000, studentize=False, seed=0)
        reference.compute()
        ours = reality_check(returns, benchmark, 4_000)
        assert ours == pytest.approx(reference.pvalues["upper"], abs=0.035)


def test_days_that_follow_each_other_stay_together():
    random = np.random.default_rng(0)
    counts = overfitting._samples(400, 4_000, 20, random)
    assert (counts.sum(axis=1) == 400).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(400), abs=0.15)
    # The variance of a mean of a moving average is four times what independent draws would find.
    correlated = np.convolve(random.standard_normal(403), np.ones(4) / 2, "valid")
    found = (counts @ correlated / 400).std() / (correlated.std() / np.sqrt(400))
    assert 1.4 < found < 2.4


@pytest.mark.parametrize("returns", [np.zeros(1), np.array([0.1, np.nan]), np.zeros((3, 2))])
def test_returns_with_holes_or_of_another_shape_are_refused(returns):
    with pytest.raises(CapstanError, match="without holes"):
        overfitting.sharpe(returns)


def test_cash_has_no_sharpe_ratio_and_blocks_are_even():
    assert overfitting.sharpe(np.full(100, 0.0001)) == 0
    assert overfitting.probabilistic_sharpe(np.zeros(YEAR)) == 0.5
    with pytest.raises(CapstanError, match="an even number of blocks"):
        backtest_overfitting(noise(100, 3), 5)
    with pytest.raises(CapstanError, match="1 or more"):
        luckiest(0, 1.0)
