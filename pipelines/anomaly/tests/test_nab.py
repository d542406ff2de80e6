"""The scoring of NAB: by hand, and by the results that NAB publishes."""

import numpy as np
import pytest

from models.anomaly import knn_cad, nab_scoring, records, windowed_gaussian
from models.anomaly.nab_scoring import PROFILES, STANDARD, best_threshold, judge, probation, scaled, sigma, total
from pipelines.anomaly import report
from pipelines.anomaly.columns import STREAM, VALUE
from pipelines.anomaly.labels import judged


@pytest.fixture(scope="module")
def one():
    """A series of 100 values with a window from 40 to 49."""
    return judge(100, [(40, 49)])


def alerts(*places: int) -> np.ndarray:
    return np.isin(np.arange(100), places)


def test_alerts_by_hand(one):
    assert total(one, alerts()) == -1
    assert total(one, alerts(40)) == pytest.approx(1)  # at the start of the window
    assert total(one, alerts(40, 45)) == pytest.approx(1)  # the first alone counts
    assert total(one, alerts(45)) == pytest.approx(float(sigma(np.array(-0.5)) / sigma(np.array(-1.0))))
    assert total(one, alerts(20)) == pytest.approx(-1 - 0.11)  # before any window: all of it
    assert total(one, alerts(52)) == pytest.approx(-1 - 0.11 * (1 - 2 / (1 + np.exp(5 / 3))))
    assert total(one, alerts(99)) == pytest.approx(-1 - 0.11)
    assert total(one, alerts(3, 14)) == -1 and total(one, alerts(15)) < -1  # the first 15 do not count


def test_first_part_that_does_not_count():
    assert [probation(length) for length in (100, 4_032, 5_000, 22_695)] == [15, 604, 750, 750]


def test_optimizer_is_the_best_of_all_thresholds():
    random = np.random.default_rng(0)
    series = [(judge(60, [(20, 25), (40, 49)]), random.integers(0, 9, 60) / 9) for _ in range(5)]
    threshold, earned = best_threshold(series)
    tried = {
        limit: sum(total(label, scores >= limit) for label, scores in series) for limit in [*np.arange(10) / 9, np.inf]
    }
    assert earned == pytest.approx(max(tried.values())) and tried[threshold] == pytest.approx(earned)
    grid = np.arange(10) / 9
    assert sum(nab_scoring.earned(label, scores, grid) for label, scores in series) == pytest.approx(
        [tried[limit] for limit in grid]
    )


@pytest.mark.parametrize(
    ("profile", "published"), [("standard", 39.6), ("few false alerts", 20.9), ("few misses", 47.4)]
)
def test_windowed_gaussian_has_its_published_score(tables, profile, published):
    points, windows = tables["points"], tables["windows"]
    labels = judged(points, windows, PROFILES[profile])
    raised = report.alerts_of(points, windowed_gaussian.scores, windowed_gaussian.PUBLISHED)
    earned = sum(total(label, raised[name]) for name, label in labels.items())
    # 39.65, which NAB's table has cut to 39.6.
    assert scaled(earned, 116, PROFILES[profile]) == pytest.approx(published, abs=0.051)


def test_no_alert_has_nothing(some):
    labels = judged(some["points"], some["windows"])
    threshold, earned = best_threshold([(label, np.zeros(len(label.worth))) for label in labels.values()])
    assert threshold == np.inf and scaled(earned, len(some["windows"]), STANDARD) == 0


def test_windowed_gaussian_is_the_tail_of_the_window_before():
    from scipy.stats import norm

    values = np.random.default_rng(0).normal(50, 3, 6_700)
    scores = windowed_gaussian.scores(values)
    for index, window in [
        (10, values[:10]),
        (6_400, values[:6_400]),
        (6_499, values[:6_400]),
        (6_500, values[100:6_500]),
    ]:
        tail = norm.sf(abs(values[index] - window.mean()) / window.std())
        assert scores[index] == pytest.approx(1 - tail, abs=1e-9)


def test_knn_cad_is_its_definition(tables):
    """Ranks by brute force, for one value in each third of the second part."""
    points = tables["points"]
    values = points.loc[points[STREAM] == "realTraffic/speed_7578", VALUE].to_numpy()[:160]
    first, length = 60, knn_cad.LENGTH
    scores = knn_cad.scores(values, first)
    known = [values[end - length : end] for end in range(length, first)]

    def distance(stretch: np.ndarray, metric: np.ndarray, others: list[np.ndarray]) -> float:
        every = sorted(float((vector - stretch) @ metric @ (vector - stretch)) for vector in others)
        return sum(every[: knn_cad.NEIGHBOURS])

    metric = np.linalg.inv(np.array(known).T @ np.array(known))
    before = [distance(vector, metric, [other for other in known if other is not vector]) for vector in known]
    now = distance(values[first - length : first], metric, known)
    assert scores[first - 1] == pytest.approx(np.mean(np.array(before) < now))
    assert not scores[: first - 1].any() and ((scores >= 0) & (scores <= 1)).all()


def test_records_are_their_definition():
    values = np.random.default_rng(0).normal(size=300).round(1)
    beyond = [
        index > 0 and not values[:index].min() <= value <= values[:index].max() for index, value in enumerate(values)
    ]
    assert records.scores(values).tolist() == beyond and 5 < sum(beyond) < 50
