"""What monitoring notices: engines of another fleet alarm, other engines of the same do not."""

import pandas as pd
import pytest

from pipelines.maintenance import data, log, task, watching
from pipelines.maintenance.model import FleetModel
from tests.support import watched

START = 29  # between the cycles of the reference


@pytest.fixture(scope="module")
def reference(quick, one) -> pd.DataFrame:
    return task.signals(quick, one[1])


def cut(engines: list[data.Engine], *ends: int) -> list[data.Engine]:
    """Return the engines as they were after so many cycles."""
    return [data.Engine(engine.name, *(part[:end] for part in engine[1:])) for end in ends for engine in engines]


def asked(model: FleetModel, engines: list[data.Engine]) -> pd.DataFrame:
    """Return what the checks see of requests, as the endpoint reads, answers and logs them."""
    logs = [task.Request(log=log.written(engine, 1)).model_dump() for engine in engines]
    requests = pd.DataFrame(logs)
    answers = pd.DataFrame(model.predict_columns(requests))
    seen = task.live_signals(requests, answers, model)
    return seen.join(answers[["cycles_left", "low", "high", "failing"]])


def test_the_same_fleet_at_other_cycles_is_harmless(quick, reference, held):
    others = watching.signals(quick, held, start=START)
    assert len(others) > 400 and watched.alarms("maintenance", reference, others) == set()


def test_requests_about_engines_of_fd002_alarm(quick, reference, parts):
    """Five of their six conditions were never flown by those of FD001."""
    others = data.engines(parts[1]["cycles"].query("subset == 'FD002'"))
    raised = watched.alarms("maintenance", reference, asked(quick, cut(others, 40, 60)))
    assert {("drift", "new_conditions"), ("drift", "s11_level")} <= raised


def test_a_thermometer_that_reads_too_much_alarms(quick, reference, held):
    for engine in (warm := [cold._replace(sensors=cold.sensors.copy()) for cold in held]):
        engine.sensors[:, 3] += 10  # s4, degrees Rankine
    raised = watched.alarms("maintenance", reference, watching.signals(quick, warm, start=START))
    assert ("drift", "s4_level") in raised


def test_signals_of_requests_are_those_of_the_engines(quick, held):
    requests = pd.DataFrame({"log": [log.written(engine, 7) for engine in held[:5]]})
    signals = task.live_signals(requests, pd.DataFrame({"engine": [7] * 5}), quick)
    for engine, row in zip(held[:5], signals.to_dict("records"), strict=True):
        expected = watching.state(quick, engine, quick.state.features(engine)[-1])
        assert row == pytest.approx(expected, abs=1e-6)
