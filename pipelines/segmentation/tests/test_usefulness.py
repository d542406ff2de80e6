"""What judges the segments: explained variance, kappa, data without structure, and the gap statistic."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import cohen_kappa_score, r2_score

from models.clustering import gap, nulls
from models.metrics import kappa as staying
from pipelines.segmentation.columns import DAY, RFM, TEST
from pipelines.segmentation.divisions import Score, Tree, inputs
from pipelines.segmentation.outcomes import Outlook, explained, targets


@pytest.fixture(scope="module")
def past(parts):
    """The customers of the first day."""
    rows = parts[0]["customers"]
    return rows[rows[DAY] == rows[DAY].min()].reset_index(drop=True)


def test_kappa_is_that_of_scikit_learn_and_its_error_that_of_a_bootstrap():
    random = np.random.default_rng(0)
    before = random.choice(4, size=2_000, p=[0.5, 0.3, 0.15, 0.05])
    after = np.where(random.random(2_000) < 0.6, before, random.integers(5, size=2_000))
    by_customer = staying.kappa(before, after)
    assert by_customer.mean() == pytest.approx(cohen_kappa_score(before, after), abs=1e-12)
    drawn = [random.integers(2_000, size=2_000) for _ in range(400)]
    spread = np.std([cohen_kappa_score(before[rows], after[rows]) for rows in drawn])
    assert by_customer.std() / np.sqrt(2_000) == pytest.approx(spread, rel=0.12)


def test_staying_is_none_where_everybody_is_in_one_large_part():
    after = np.zeros(1_000, dtype=int)
    after[::100] = 1
    before = np.roll(after, 7)
    assert (before == after).mean() > 0.97 and abs(staying.kappa(before, after).mean()) < 0.02


def test_what_is_told_is_the_r2_of_the_means(past):
    labels, answers = Score.of(past, 4).predict(past), targets(past)
    told = Outlook.of(labels, answers, 4).told(labels, answers).mean(axis=0)
    for place in range(3):
        known = ~np.isnan(answers[:, place])
        values, groups = answers[known, place], labels[known]
        means = np.bincount(groups, values) / np.bincount(groups)
        assert told[place] == pytest.approx(r2_score(values, means[groups]))


def test_parts_of_a_score_are_equal_and_rise_with_frequency(past):
    parts = Score.of(past, 5).predict(past)
    assert np.bincount(parts).min() / len(past) > 0.17 and np.bincount(parts).max() / len(past) < 0.23
    assert past.groupby(parts)["frequency"].mean().is_monotonic_increasing
    assert past.groupby(parts)["recency"].mean().is_monotonic_decreasing


def test_no_halves_explain_more_than_the_tree(past):
    """Of all halves by one input, a tree with two leaves has those that explain most of what is known of everybody."""
    known = past.assign(order=1.0, spends=past["spends"], buys=1.0)
    answers = targets(known)[:, 1:2]

    def told(labels: np.ndarray) -> float:
        return float(Outlook.of(labels, answers, 2).told(labels, answers).mean())

    random, rows = np.random.default_rng(0), inputs(known)
    columns = rows[:, random.integers(rows.shape[1], size=200)].T
    others = [told((column > random.choice(column)).astype(int)) for column in columns]
    assert told(Tree.of(known, 2).predict(known)) >= max(others)
    assert explained(answers * 0 + answers.mean(), answers.mean(axis=0), answers).mean() == pytest.approx(0)


@pytest.mark.parametrize("name", nulls.NULLS)
def test_data_without_structure_look_like_the_customers(name, parts):
    rows = parts[1]["customers"]
    points = np.log1p(rows[rows[DAY] == TEST][RFM].to_numpy())
    drawn = nulls.NULLS[name](points, np.random.default_rng(0))
    correlation, theirs = np.corrcoef(points.T)[np.triu_indices(3, 1)], np.corrcoef(drawn.T)[np.triu_indices(3, 1)]
    if name == "permuted columns":
        np.testing.assert_allclose(theirs, 0, atol=0.06)
    else:
        np.testing.assert_allclose(theirs, correlation, atol=0.1)
    if name != "one Gaussian":
        np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(points, axis=0))
    assert not np.array_equal(drawn, points)


def test_gap_finds_the_clusters_that_are_there_and_none_in_a_cloud():
    blobs, _ = make_blobs(600, centers=[(0, 0), (9, 0), (0, 9)], random_state=0)
    assert gap.number(gap.gap(blobs, nulls.gaussian)) == 3
    assert gap.number(gap.gap(blobs, nulls.permuted)) == 3
    cloud = np.random.default_rng(0).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 600)
    assert gap.number(gap.gap(cloud, nulls.gaussian)) == gap.number(gap.gap(cloud, nulls.copula)) == 1


def test_spread_is_the_pooled_sum_of_squares_of_the_paper():
    """Equation 2: the sum over clusters of all pairwise squared distances, divided by twice the size."""
    points = np.random.default_rng(0).normal(size=(120, 3))
    labels = KMeans(3, n_init=2, random_state=0).fit_predict(points)
    pooled = sum(
        ((points[labels == k][:, None] - points[labels == k][None]) ** 2).sum() / (2 * (labels == k).sum())
        for k in range(3)
    )
    assert gap.spread(points, range(3, 4))[0] == pytest.approx(np.log(pooled))
