"""Frozen sensors are found, and the time between values is known."""

import numpy as np
import pytest

from pipelines.anomaly import packing, streams, task
from pipelines.anomaly.columns import STREAM, TIME, VALUE
from pipelines.anomaly.detector import FROZEN, State, update
from pipelines.anomaly.pulse import LEARNING, MORE, TIMES, Pulse
from pipelines.anomaly.studies.compare.sensors import frozen, noisy
from pipelines.anomaly.tests.test_model import VALUES, answer, feed

SOON = 50  # values


def first(rows, threshold: float) -> int | None:
    """Return after how many values of the second half the first alert comes that a frozen value causes."""
    state, middle = State(), len(rows) // 2
    for place, (time, value) in enumerate(zip(streams.seconds(rows[TIME]), rows[VALUE].tolist(), strict=True)):
        score, _ = update(state, time, value)
        if score >= threshold and state.pulse.over and place >= middle:
            return place - middle + 1
    return None


def test_sensors_that_freeze_are_found_soon(tables, model):
    """28 real streams never keep a value for five in a row: at least 25 alert within 50 values. All do."""
    groups = {name: rows for name, rows in tables["points"].groupby(STREAM) if noisy(rows)}
    waits = [first(frozen(rows), model.threshold) for rows in groups.values()]
    assert len(waits) == 28 and sum(wait is not None and wait <= SOON for wait in waits) >= 25
    assert [first(rows, model.threshold) for rows in groups.values()] == [None] * 28


def test_streams_as_they_are_seldom_seem_frozen(tables, model):
    """Nothing of a stream is known but its past: where values often repeat, a longer run is needed."""
    alerts = {name: first(rows, model.threshold) for name, rows in tables["points"].groupby(STREAM)}
    found = {name for name, wait in alerts.items() if wait is not None}
    assert found == {"artificialWithAnomaly/art_daily_flatmiddle"}  # whose middle is flat


def test_frozen_value_alerts_once_with_its_reason_and_is_ongoing_until_it_changes(model):
    limit = TIMES * 1 + MORE  # VALUES never repeat
    stuck = [*VALUES, *[3.0] * limit]
    assert answer(model, stuck).decision == "normal"
    alert = answer(model, [*stuck, 3.0])
    assert (alert.decision, alert.since, alert.unchanged) == ("alert", 0, limit + 1)
    assert alert.reasons[0].signal == "frozen"
    assert alert.reasons[0].meaning == f"the value has not changed for {limit + 1} values"
    later = answer(model, [*stuck, *[3.0] * 200])
    assert (later.decision, later.score, later.since, later.unchanged) == ("ongoing", 0, 199, limit + 200)
    after = answer(model, [*stuck, *[3.0] * 200, 4.0])
    assert (after.decision, after.unchanged, after.since) == ("normal", 1, 200)


def test_frozen_value_is_alerted_in_words(model):
    stuck = [*VALUES, *[3.0] * (TIMES + MORE + 1)]
    event = task.Event(stream="a/b", time="2026-01-01T02:00:00Z", value=3)
    message = task.alarm(model, event, feed(model, stuck))
    assert message and message.endswith(f": the value has not changed for {TIMES + MORE + 1} values.")
    assert not task.alarm(model, event, feed(model, [*stuck, 3.0]))


def test_an_alert_just_before_does_not_hide_a_frozen_value(model):
    assert answer(model, [*VALUES, *[60.0] * (TIMES + MORE + 1)]).decision == "alert"


def test_stream_that_never_changed_is_not_frozen(model):
    assert answer(model, [5.0] * 300).decision == "normal"
    assert answer(model, [4.0, *[5.0] * (LEARNING + 60)]).decision == "normal"  # its longest run is long


def test_usual_interval_follows_the_median():
    random, pulse = np.random.default_rng(0), Pulse()
    for seconds in [600.0, *random.choice([300.0, 600.0], 2_000, p=[0.7, 0.3]).tolist()]:
        pulse.step(seconds, 1.0)
    assert pulse.interval == pytest.approx(300, rel=0.05)
    pulse.step(900.0, 1.0)
    assert pulse.gap == pytest.approx(3, rel=0.05)


def test_gap_of_a_stream_is_in_usual_intervals(model):
    features = feed(model, VALUES)
    event = task.Event(stream="a/b", time="2026-01-01T01:39:00Z", value=1)  # ten minutes after the last one
    column = streams.columns_of(task.apply(model, event, features))["value"]
    assert model.answer({"value": column})["gap"] == pytest.approx(10)


def test_features_that_an_earlier_version_wrote_are_read_and_written(model):
    """Its states have no pulse: it is learned from there, and what the other version reads stays in its place."""
    features, n = feed(model, VALUES), packing.SIZE
    earlier = features | {"state": features["state"][:n]}
    assert task.Prediction(**model.answer(streams.columns_of(earlier))).unchanged is None
    for place in range(200):
        time = 1_767_225_600 + 60.0 * (len(VALUES) + place)
        features, earlier = (
            streams.after(stored, time, {"value": place % 2}, model.threshold) for stored in (features, earlier)
        )
    assert features["state"][:n] == earlier["state"][:n] and features["parts"] == earlier["parts"]
    frozen_later = [
        streams.after(earlier, 1_767_250_000, {"value": 1.0, "other": 2.0}, model.threshold),
    ]
    for minute in range(40):
        frozen_later.append(
            streams.after(frozen_later[-1], 1_767_250_060 + 60.0 * minute, {"value": 1.0}, model.threshold)
        )
    assert FROZEN in [stored["parts"][0] for stored in frozen_later]
