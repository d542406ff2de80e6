"""The three networks: each learns what was planted, and none sees beyond its window."""

import numpy as np
import pytest

from pipelines.maintenance.studies.networks import fitting


@pytest.fixture(scope="module")
def planted() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Engines whose one sensor rises as their life goes on."""
    random = np.random.default_rng(0)
    left = [np.arange(life - 1, -1, -1).astype(float) for life in random.integers(130, 200, 30)]
    sensors = [(np.maximum(100 - own, 0) / 50 + random.normal(0, 0.1, len(own)))[:, None] for own in left]
    return sensors, [np.arange(1, len(own) + 1) for own in left], left


@pytest.mark.parametrize("kind", fitting.KINDS)
def test_network_learns_what_was_planted(kind, planted):
    network = fitting.fit(kind, *planted, seed=0)
    sensors, cycles, left = (part[0] for part in planted)
    places = range(79, len(left))
    predictions = fitting.predict(network, np.stack([fitting.window(sensors, cycles, place) for place in places]))
    assert np.corrcoef(predictions, np.minimum(left[79:], 125))[0, 1] > 0.8


def test_window_has_no_later_cycle_and_begins_with_the_first():
    sensors, cycles = np.arange(200.0)[:, None], np.arange(1, 201)
    window = fitting.window(sensors, cycles, 150)
    assert window.shape == (fitting.CYCLES, 2) and window[-1, 0] == 150 and window[0, 0] == 150 - fitting.CYCLES + 1
    young = fitting.window(sensors, cycles, 9)
    assert young[-1, 0] == 9 and (young[: fitting.CYCLES - 9, 0] == 0).all()
