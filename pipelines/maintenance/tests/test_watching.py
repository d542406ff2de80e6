"""What monitoring notices: engines of another fleet alarm, other engines of the same do not."""

import pandas as pd
import pytest

from pipelines.maintenance import data, log, task, watching
from tests.support import watched

START = 29  # between the cycles of the reference


@pytest.fixture(scope="module")
def alarms(quick, one):
    """Return a function: which (check, signal) alarm for these engines, beside those to test on."""
    reference = task.signals(quick, one[1])
    return lambda engines: watched.alarms("maintenance", reference, watching.signals(quick, engines, START))


def test_the_same_fleet_at_other_cycles_is_harmless(alarms, held):
    assert alarms(held) == set() and alarms(held[::-1]) == set()


def test_engines_of_fd002_alarm(alarms, parts):
    """Five of their six conditions were never flown by those of FD001."""
    others = data.engines(parts[1]["cycles"].query("subset == 'FD002' and unit <= 60"))
    assert {("drift", "new_conditions"), ("drift", "cycles_left")} <= alarms(others)


def test_a_thermometer_that_reads_too_much_alarms(alarms, held):
    for engine in (warm := [one._replace(sensors=one.sensors.copy()) for one in held]):
        engine.sensors[:, 3] += 10  # s4, degrees Rankine
    assert ("drift", "s4_level") in alarms(warm)


def test_signals_of_requests_are_those_of_the_engines(quick, held):
    requests = pd.DataFrame({"log": [log.written(engine, 7) for engine in held[:5]]})
    made = task.live_signals(requests, pd.DataFrame({"engine": [7] * 5}), quick)
    for engine, row in zip(held[:5], made.to_dict("records"), strict=True):
        expected = watching.state(quick, engine, quick.state.features(engine)[-1])
        assert row == pytest.approx(expected, abs=1e-6)
