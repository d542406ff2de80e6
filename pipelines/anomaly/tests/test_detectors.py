"""The detectors from scratch, each against its reference."""

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp
from scipy.stats import spearmanr

from models.anomaly import autoencoder, change_points, charts, matrix_profile, seasonal
from models.anomaly.half_space_trees import HalfSpaceTrees
from models.anomaly.isolation_forest import IsolationForest, path_length
from models.anomaly.local_outlier_factor import LocalOutlierFactor
from models.anomaly.one_class_svm import OneClassSVM
from models.anomaly.robust_covariance import RobustCovariance
from pipelines.anomaly.studies.series import study as series


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Two clouds and 20 rows far from both, shape (520, 3), the far ones last."""
    random = np.random.default_rng(0)
    clouds = [random.normal(centre, 1, (250, 3)) @ np.diag([1, 2, 0.5]) for centre in (0, 6)]
    return np.concatenate([*clouds, random.uniform(-30, 30, (20, 3))])


def test_isolation_forest_is_that_of_scikit_learn(rows):
    from sklearn.ensemble import IsolationForest as Other

    ours = IsolationForest(trees=150, seed=0).fit(rows).score(rows)
    theirs = -Other(n_estimators=150, random_state=1).fit(rows).score_samples(rows)
    assert ours == pytest.approx(theirs, abs=0.03) and spearmanr(ours, theirs).statistic > 0.95


def test_path_length_is_that_of_the_paper():
    harmonic = np.cumsum(1 / np.arange(1, 256))
    assert path_length(256) == pytest.approx(2 * harmonic[254] - 2 * 255 / 256, abs=0.005)
    assert path_length(np.array([0, 1, 2])).tolist() == [0, 0, 1]


def test_extended_forest_has_no_bands_along_the_columns():
    """Between two clouds on a diagonal, cuts along columns leave two more places that seem usual."""
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal((0, 10), 1, (500, 2)), random.normal((10, 0), 1, (500, 2))])
    ghost, clouds = np.array([[0.0, 0.0], [10.0, 10.0]]), np.array([[0.0, 10.0], [10.0, 0.0]])
    plain, extended = (IsolationForest(60, extended=extended).fit(rows) for extended in (False, True))
    apart = [forest.score(ghost).mean() - forest.score(clouds).mean() for forest in (plain, extended)]
    assert apart[1] > apart[0] + 0.03


def test_local_outlier_factor_is_that_of_scikit_learn(rows):
    from sklearn.neighbors import LocalOutlierFactor as Other

    ours = LocalOutlierFactor(20, chunk=100).fit(rows[::2])
    theirs = Other(20, novelty=True).fit(rows[::2])
    assert ours.known == pytest.approx(-theirs.negative_outlier_factor_, rel=1e-6)
    assert ours.score(rows[1::2]) == pytest.approx(-theirs.score_samples(rows[1::2]), rel=1e-6)


def test_one_class_svm_is_that_of_scikit_learn(rows):
    from sklearn.svm import OneClassSVM as Other

    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    detector = OneClassSVM(0.05, features=1_000, rounds=600).fit(scaled)
    scores = detector.score(scaled)
    assert (scores > 0).mean() == pytest.approx(0.05, abs=0.01)
    # The exact optimum on the same features, and the one of the kernel that the features are near.
    same = Other(nu=0.05, kernel="linear").fit(detector.mapped(scaled)).score_samples(detector.mapped(scaled))
    kernel = Other(nu=0.05, gamma="scale").fit(scaled).score_samples(scaled)
    assert np.corrcoef(scores, -same)[0, 1] > 0.999 and np.corrcoef(scores, -kernel)[0, 1] > 0.95


def test_random_features_are_near_the_kernel(rows):
    from sklearn.metrics.pairwise import rbf_kernel

    detector = OneClassSVM(features=20_000, rounds=1, width=2.0).fit(rows[:40])
    z = detector.mapped(rows[:40])
    assert z @ z.T == pytest.approx(rbf_kernel(rows[:40], gamma=1 / 8), abs=0.05)


def test_robust_covariance_is_that_of_scikit_learn():
    from sklearn.covariance import MinCovDet

    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(0, 1, (200, 3)) @ np.diag([1, 2, 3]), random.normal(15, 1, (60, 3))])
    ours = RobustCovariance().fit(rows)
    theirs = MinCovDet(random_state=0).fit(rows)
    assert ours.mean == pytest.approx(theirs.raw_location_, abs=0.02)
    # The raw estimate, which scikit-learn corrects in the same way before it weighs rows again.
    scale = ours.covariance[0, 0] / theirs.raw_covariance_[0, 0]
    assert ours.covariance == pytest.approx(theirs.raw_covariance_ * scale, abs=0.2)
    assert (ours.score(rows)[200:] > ours.score(rows)[:200].max()).all()


def test_gradient_of_the_autoencoder_is_that_of_torch(rows):
    import torch

    random = np.random.default_rng(0)
    x = rows[:50] / 10
    parameters = [random.normal(size=shape) for shape in ((3, 2), (2,), (2, 3), (3,))]
    loss, slopes = autoencoder.loss(x, parameters)
    first, offset, second, last = (torch.tensor(parameter, requires_grad=True) for parameter in parameters)
    input_ = torch.tensor(x)
    error = torch.nn.functional.mse_loss(torch.tanh(input_ @ first + offset) @ second + last, input_)
    error.backward()
    assert loss == pytest.approx(error.item(), rel=1e-12)
    for slope, weights in zip(slopes, (first, offset, second, last), strict=True):
        assert slope == pytest.approx(weights.grad.numpy(), rel=1e-9)


def test_autoencoder_copies_what_is_usual():
    random = np.random.default_rng(0)
    line = random.normal(size=(400, 1)) @ np.array([[1.0, 2.0, -1.0]])
    detector = autoencoder.Autoencoder(hidden=1, rounds=40).fit(line)
    off = line[:20] + np.array([3.0, -3.0, 3.0])
    assert detector.score(off).min() > np.quantile(detector.score(line), 0.99)


def test_matrix_profile_is_its_definition(taxi):
    values, length = taxi["value"].to_numpy()[:300], 24
    values = np.concatenate([values, np.full(30, 5.0), values[:40], np.full(30, 7.0)])
    profile = matrix_profile.profile(values, length)
    stretches = np.lib.stride_tricks.sliding_window_view(values, length)
    flat = np.ptp(stretches, axis=1) == 0
    for row in range(0, len(stretches), 7):
        apart = []
        for column in range(len(stretches)):
            if abs(column - row) < length / 2:
                continue
            if flat[row] or flat[column]:
                apart.append(0.0 if flat[row] and flat[column] else np.sqrt(length))
                continue
            pair = [(stretch - stretch.mean()) / stretch.std() for stretch in (stretches[row], stretches[column])]
            apart.append(np.linalg.norm(pair[0] - pair[1]))
        assert profile[row] == pytest.approx(min(apart), abs=1e-4)


@pytest.mark.rotating  # numba compiles for many seconds
@pytest.mark.parametrize("left", [False, True])
def test_matrix_profile_is_that_of_stumpy(taxi, left):
    import stumpy

    values, length = taxi["value"].to_numpy(dtype=float)[:2_000], 48
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stumpy.config, "STUMPY_EXCL_ZONE_DENOM", length / 23)  # 24 values apart, and more
        theirs = stumpy.stump(values, length)
    profile = matrix_profile.profile(values, length, left)
    if not left:
        assert profile == pytest.approx(theirs[:, 0].astype(float), abs=1e-4)
        return
    for row in np.flatnonzero(theirs[:, 2] >= 0):  # the place of the nearest earlier one
        pair = [values[start : start + length] for start in (row, theirs[row, 2])]
        normal = [(stretch - stretch.mean()) / stretch.std() for stretch in pair]
        assert profile[row] == pytest.approx(np.linalg.norm(normal[0] - normal[1]), abs=1e-4)
    assert not np.isfinite(profile[theirs[:, 2] < 0]).any()


def test_charts_have_their_known_run_lengths():
    """Two-sided CUSUM, allowance 0.5, limit 4: 168 values in control, 8.38 after a shift of one (Montgomery, ch. 9)."""
    random = np.random.default_rng(0)
    for shift, known, length in ((0.0, 168, 2_000), (1.0, 8.38, 200)):
        runs = []
        for z in random.normal(shift, 1, (600, length)):
            above = charts.cusum(z) >= 4
            runs.append(above.argmax() + 1 if above.any() else length)
        assert np.mean(runs) == pytest.approx(known, abs=4 * np.std(runs) / np.sqrt(600))


def test_ewma_has_its_known_run_lengths():
    """Rate 0.1, limit 2.814: 31.3 values after a shift of a half, 10.3 after one (Lucas and Saccucci 1990)."""
    random = np.random.default_rng(0)
    for shift, known in ((0.5, 31.3), (1.0, 10.3)):
        runs = [int((charts.ewma(z) > 2.814).argmax()) + 1 for z in random.normal(shift, 1, (600, 400))]
        assert np.mean(runs) == pytest.approx(known, abs=4 * np.std(runs) / np.sqrt(600))


def test_seasonal_decomposition_is_that_of_statsmodels(taxi):
    from statsmodels.tsa.seasonal import seasonal_decompose

    values = taxi["value"].to_numpy()[:500]
    for period in (48, 7):
        ours, theirs = seasonal.decompose(values, period), seasonal_decompose(values, period=period)
        assert ours.trend == pytest.approx(theirs.trend, nan_ok=True)
        assert ours.season == pytest.approx(theirs.seasonal) and ours.rest == pytest.approx(theirs.resid, nan_ok=True)


def test_change_points_are_those_of_all_ways_to_part_the_values():
    """Exact: each way to part six values into stretches, with the evidence of each stretch in one formula."""
    values = np.array([0.1, -0.3, 0.2, 4.0, 4.4, 3.8])
    hazard, (mean, weight, shape, scale) = 0.2, (0.5, 0.7, 1.5, 0.9)
    probabilities = change_points.ChangePoints(hazard, mean, weight, shape, scale).run_lengths(values)

    def evidence(part: np.ndarray) -> float:
        from scipy.stats import multivariate_t

        size = len(part)
        matrix = scale / shape * (np.eye(size) + np.ones((size, size)) / weight)
        return float(multivariate_t(np.full(size, mean), matrix, df=2 * shape).logpdf(part))

    for count in range(1, len(values) + 1):
        logs: dict[int, list[float]] = {}
        for changes in product((False, True), repeat=count):  # a change after each of the values, or none
            ends = [0, *(place + 1 for place, change in enumerate(changes) if change)]
            if ends[-1] != count:
                ends.append(count)
            parts = [values[a:b] for a, b in pairwise(ends)]
            chance = sum(np.log(hazard) if change else np.log1p(-hazard) for change in changes)
            length = 0 if changes[-1] else len(parts[-1])
            logs.setdefault(length, []).append(chance + sum(map(evidence, parts)))
        every = np.array([logsumexp(logs.get(length, [-np.inf])) for length in range(count + 1)])
        assert probabilities[count - 1, : count + 1] == pytest.approx(np.exp(every - logsumexp(every)), abs=1e-9)


def test_half_space_trees_count_what_fell_into_each_node():
    random = np.random.default_rng(0)
    rows = random.uniform(0.4, 0.6, (500, 2))
    trees = HalfSpaceTrees(trees=10, depth=5, window=250).start(2)
    for row in rows:
        trees.step(row)
    assert (trees.mass[:, 0] == 250).all()  # the last whole window
    inner = trees.mass[:, : 2**5 - 1]
    assert (inner == trees.mass[:, 1::2] + trees.mass[:, 2::2]).all()
    assert trees.step(np.array([0.95, 0.02])) > trees.step(np.array([0.5, 0.5]))


@pytest.mark.parametrize("method", series.METHODS)
def test_detector_of_series_scores_what_is_new_highest(method):
    """Noise of 300 values, with a level that rises for some: nothing before it scores as high."""
    values = np.random.default_rng(0).normal(size=300)
    values[200:260] += 8 * np.sin(np.linspace(0.5, 3, 60))
    rows = pd.DataFrame({"time": pd.date_range("2026-01-01", periods=300, freq="h"), "value": values})
    scores = series.scores(rows, series.METHODS[method])
    assert scores[100:200].max() < scores[200:260].max()
