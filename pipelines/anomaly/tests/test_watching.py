"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pytest

from pipelines.anomaly import streams, task
from tests.support import watched


@pytest.fixture(scope="module")
def alarms(parts, model):
    reference = task.signals(model, parts[1])
    return lambda rows: watched.alarms("anomaly", reference, rows)


def test_the_same_streams_in_another_order_are_harmless(alarms, parts, model):
    made = task.signals(model, parts[1])
    assert alarms(made.sample(frac=1, random_state=0)) == set()


def test_the_decisions_of_the_reference_are_those_of_the_endpoint(parts, model):
    name = "realTraffic/speed_7578"
    rows = parts[1]["points"]
    rows = rows[rows["stream"] == name].head(900)
    scores, decisions = streams.decisions(rows, model.threshold)[name]
    features: dict = dict.fromkeys(streams.FIELDS)
    for at, (time, value) in enumerate(zip(streams.seconds(rows["time"]), rows["value"], strict=True)):
        features = streams.after(features, time, {"value": value}, model.threshold)
        made = model.answer(streams.columns_of(features))
        assert made["decision"] in ("learning", decisions[at]) and made["score"] == model.shown(scores[at])
    assert {"alert", "ongoing", "normal"} == {*decisions}


def test_scores_that_rise_alarm(alarms, parts, model):
    """As they do where the senders of values restart, and each stream is new."""
    made = task.signals(model, parts[1])
    assert ("drift", "score") in alarms(made.assign(score=(made["score"] + 0.3).clip(upper=1)))
