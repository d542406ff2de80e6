"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pytest

from pipelines.anomaly import task
from tests.support import watched


@pytest.fixture(scope="module")
def alarms(parts, model):
    reference = task.signals(model, parts[1])
    return lambda rows: watched.alarms("anomaly", reference, rows)


def test_the_same_streams_in_another_order_are_harmless(alarms, parts, model):
    made = task.signals(model, parts[1])
    assert alarms(made.sample(frac=1, random_state=0)) == set()


def test_scores_that_rise_alarm(alarms, parts, model):
    """As they do where the senders of values restart, and each stream is new."""
    made = task.signals(model, parts[1])
    assert ("drift", "score") in alarms(made.assign(score=(made["score"] + 0.3).clip(upper=1)))
