"""Conditions, windows and the health index: against pandas, NumPy and scikit-learn, and what they cannot know."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from pipelines.maintenance import data, windows
from pipelines.maintenance.columns import SETTINGS, USED
from pipelines.maintenance.conditions import SCALE, Conditions
from pipelines.maintenance.state import AT, State


@pytest.fixture(scope="module")
def second(parts) -> pd.DataFrame:
    """Cycles under six conditions."""
    return parts[0]["cycles"].query("subset == 'FD002' and unit <= 40")


@pytest.fixture(scope="module")
def conditions(second) -> Conditions:
    return Conditions().fit(second[SETTINGS].to_numpy(), second[USED].to_numpy())


def test_conditions_are_those_of_k_means(second, conditions):
    settings = second[SETTINGS].to_numpy()
    clusters = KMeans(6, n_init=10, random_state=0).fit(settings / SCALE)
    condition, known = conditions.of(settings)
    assert known.all() and len(conditions.centres) == 6
    assert len({*zip(condition.tolist(), clusters.labels_.tolist(), strict=True)}) == 6
    assert np.sort(conditions.centres, axis=0) == pytest.approx(np.sort(clusters.cluster_centers_, axis=0), abs=1e-9)


def test_sensors_are_normalized_in_each_condition(second, conditions):
    normalized = conditions.normalized(second[SETTINGS].to_numpy(), second[USED].to_numpy())
    condition = conditions.of(second[SETTINGS].to_numpy())[0]
    for place in range(6):
        assert normalized[condition == place].mean(axis=0) == pytest.approx(0, abs=1e-8)
        spread = second.loc[condition == place, USED].std(ddof=0).to_numpy() > 1e-5
        assert normalized[condition == place].std(axis=0)[spread] == pytest.approx(1)


def test_settings_that_nobody_flew_are_new(conditions):
    flown = conditions.centres * SCALE
    assert conditions.of(flown)[1].all() and not conditions.of(flown + np.array([5.0, 0, 0]))[1].any()


def test_windows_are_those_of_pandas_and_of_a_fitted_line(held):
    values = held[2].sensors[:, AT]
    length = 30
    rolled = pd.DataFrame(values).rolling(length, min_periods=1)
    assert windows.mean(values, length) == pytest.approx(rolled.mean().to_numpy())
    assert windows.scatter(values, length) == pytest.approx(rolled.std(ddof=0).to_numpy(), abs=1e-4)
    slopes = windows.slope(values, length)
    for row in (1, 10, 29, 30, 75):
        own = values[max(0, row - length + 1) : row + 1]
        assert slopes[row] == pytest.approx(np.polyfit(np.arange(len(own)), own, 1)[0], abs=1e-6)
    assert (slopes[0] == 0).all()


def test_features_know_no_later_cycle(quick, held):
    """Cut off anywhere, an engine has the features that it had."""
    engine = held[2]
    whole = quick.state.features(engine)
    assert whole.shape[1] == len(windows.names())
    for end in (19, 45, len(whole) - 1):
        cut = data.Engine(engine.name, *(part[:end] for part in engine[1:]))
        assert quick.state.features(cut)[-1] == pytest.approx(whole[end - 1], abs=1e-9)


def test_features_are_those_of_the_last_window_alone(quick, held):
    """What a request leaves out, cycles before the window, has no effect."""
    engine = max(held, key=lambda candidate: len(candidate.cycle))
    recent = data.Engine(engine.name, *(part[-max(windows.LENGTHS) :] for part in engine[1:]))
    assert quick.state.features(recent)[-1] == pytest.approx(quick.state.features(engine)[-1], abs=1e-6)


def test_health_falls_from_one_to_nothing(one):
    engines = data.engines(one[0]["cycles"])
    state = State().fit(engines[:60])
    health = [state.health(engine) for engine in engines[60:]]
    assert np.mean([own[20:60].mean() for own in health]) == pytest.approx(1, abs=0.1)
    assert np.mean([own[-1] for own in health]) < 0.4
