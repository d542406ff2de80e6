"""What is served: decisions, reasons, neighbours, and what is refused."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError, InvalidRow
from models.anomaly.nab_scoring import best_threshold
from pipelines.anomaly import streams, task
from pipelines.anomaly.labels import judged

VALUES = [float(minute % 7) for minute in range(90)]


def feed(model, values: list[float]) -> dict:
    """Return the features of a new stream after some values, a minute apart."""
    features: dict = dict.fromkeys(streams.FIELDS)
    for minute, value in enumerate(values):
        event = task.Event(stream="a/b", time=f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00", value=value)
        features = task.apply(model, event, features)
    return features


def answer(model, values: list[float]) -> task.Prediction:
    columns = {name: [value] for name, value in feed(model, values).items()} | {"stream": ["a/b"]}
    return task.Prediction(**{field: column[0] for field, column in model.predict_columns(columns).items()})


def test_jump_is_an_alert_with_its_reason_and_then_silent(model):
    assert answer(model, VALUES).decision == "normal" and answer(model, VALUES[:20]).decision == "learning"
    prediction = answer(model, [*VALUES, 60.0])
    assert prediction.decision == "alert" and prediction.score > 0.5 and prediction.since == 0
    assert prediction.reasons[0].signal == "beyond" and prediction.reasons[0].adds > 1
    after = answer(model, [*VALUES, 60.0, 1.0, 60.0])
    assert after.decision == "ongoing" and after.since == 2 and after.series[-2:] == [[-1, 1.0], [0, 60.0]]


def test_what_follows_an_alert_is_ongoing_until_the_values_are_usual_again(model):
    """Twenty is usual, and 45 alerts: the next 45 is not normal, though it scores 0."""
    calm = [20.0 + minute % 3 * 0.5 for minute in range(90)]
    assert answer(model, [*calm, 45.0]).decision == "alert"
    for after in ([45.0], [44.0] * 12, [21.0, 20.0, 43.0], [20.0, -30.0]):
        prediction = answer(model, [*calm, 45.0, *after])
        assert (prediction.decision, prediction.score, prediction.since) == ("ongoing", 0, len(after))
    for after in ([20.5], [45.0] * 12 + [20.0, 21.0]):
        prediction = answer(model, [*calm, 45.0, *after])
        assert (prediction.decision, prediction.since) == ("normal", len(after))


def test_an_ongoing_column_comes_before_one_that_is_calm(model):
    features: dict = dict.fromkeys(streams.FIELDS)
    for minute in range(93):
        values = {"calm": 40.0 + minute % 7, "high": 45.0 if minute >= 90 else 20.0 + minute % 3}
        features = streams.after(features, 1_767_225_600 + 60.0 * minute, values, model.threshold)
    prediction = model.answer(streams.columns_of(features))
    assert (prediction["decision"], prediction["column"], prediction["since"]) == ("ongoing", "high", 2)


def test_jump_is_alerted_in_words_and_what_follows_is_not(model):
    def alarm(values: list[float]) -> str | None:
        event = task.Event(stream="a/b", time="2026-01-01T02:00:00+01:00", value=values[-1])
        return task.alarm(model, event, feed(model, values))

    message = alarm([*VALUES, 60.0])
    assert (
        message and message.startswith("a/b: 60 at 2026-01-01 01:00:00 UTC scores ") and "beyond all earlier" in message
    )
    assert not alarm([*VALUES, 60.0, 60.0]) and not alarm(VALUES)


def test_most_unusual_column_comes_first_and_each_may_come_alone(model):
    features: dict = dict.fromkeys(streams.FIELDS)

    def send(at: int, **values: float) -> str | None:
        nonlocal features
        event = task.Event(stream="hall", time=f"2026-01-01T{at // 60:02}:{at % 60:02}:00", values=values)
        features = task.apply(model, event, features)
        return task.alarm(model, event, features)

    for minute in range(90):
        assert send(minute, celsius=20 + minute % 5) is None and send(minute, percent=40 + minute % 7) is None
    assert (send(90, celsius=21, percent=95) or "").startswith("hall, percent: 95 at 2026-01-01 01:30:00 UTC scores ")
    answers = model.predict_columns({name: [value] for name, value in features.items()} | {"stream": ["hall"]})
    prediction = task.Prediction(**{field: values[0] for field, values in answers.items()})
    assert (prediction.decision, prediction.column, prediction.value, prediction.since) == ("alert", "percent", 95, 0)
    assert [part.column for part in prediction.columns] == ["percent", "celsius"] and prediction.columns[1].score < 0.5
    alone: dict = dict.fromkeys(streams.FIELDS)
    for minute in range(91):
        value = 95 if minute == 90 else 40 + minute % 7
        alone = streams.after(alone, 1_767_225_600 + 60.0 * minute, {"percent": value}, model.threshold)
    assert streams.columns_of(features)["percent"] == streams.columns_of(alone)["percent"]


def test_stream_has_at_most_twenty_columns(model):
    features = streams.after({}, 0.0, {f"c{number}": 1.0 for number in range(20)}, 1.0)
    event = task.Event(stream="hall", time="2026-01-01T00:00:00Z", values={"another": 1.0})
    with pytest.raises(InvalidRow, match="values: A stream has at most 20 columns"):
        task.apply(model, event, features)


def test_neighbours_of_a_repeating_stream_are_whole_periods_ago(model):
    neighbours = answer(model, VALUES).neighbours
    assert len(neighbours) == 3 and all(
        neighbour.ago % 7 == 0 and neighbour.distance < 1e-6 for neighbour in neighbours
    )


def test_unknown_stream_is_refused(model):
    with pytest.raises(InvalidRow, match="Nothing is known of a stream 'x'"):
        model.predict_columns({"stream": ["x"]} | {name: [None] for name in streams.FIELDS})


def test_value_of_the_past_is_refused(model):
    with pytest.raises(InvalidRow, match="older than the last one"):
        task.apply(model, task.Event(stream="a/b", time="2020-01-01T00:00:00Z", value=1), feed(model, VALUES[:3]))


def test_value_after_the_clock_of_the_server_would_block_its_stream_and_is_refused():
    for ahead in (timedelta(minutes=6), timedelta(days=8000)):
        with pytest.raises(ValidationError, match="set the clock of the sender"):
            task.Event(stream="a/b", time=datetime.now(UTC) + ahead, value=1)
    assert task.Event(stream="a/b", time=datetime.now(UTC) + timedelta(minutes=4), value=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [("stream", "a b"), ("stream", ""), ("value", float("nan")), ("value", 1e16), ("value", "x"), ("time", "noon")],
)
def test_events_that_cannot_be_are_refused(field, value):
    good = {"stream": "a/b", "time": "2026-01-01T00:00:00Z", "value": 1.0}
    with pytest.raises(ValidationError, match=field):
        task.Event(**(good | {field: value}))


@pytest.mark.parametrize("more", [{}, {"value": 1.0, "values": {"a": 1.0}}, {"values": {}}, {"values": {"a b": 1.0}}])
def test_events_without_value_or_with_both_are_refused(more):
    with pytest.raises(ValidationError, match="value"):
        task.Event(stream="a/b", time="2026-01-01T00:00:00Z", **more)


def test_threshold_is_the_median_of_those_that_are_best_for_samples(parts, model):
    labels = judged(parts[0]["points"], parts[0]["windows"])
    scores = model.scores(parts[0]["points"])
    random, names, best = np.random.default_rng(1), list(labels), []
    for _ in range(300):
        drawn = random.choice(names, len(names))
        best.append(best_threshold([(labels[name], scores[name]) for name in drawn])[0])
    low, high = np.quantile(best, [0.4, 0.6])
    assert 0.95 * low <= model.threshold <= 1.05 * high  # of a grid, and no score lies between


def test_few_streams_are_refused(parts):
    few = parts[0]["points"]["stream"].isin(["realTraffic/speed_6005"])
    with pytest.raises(CapstanError, match="at least 10 streams; there are 1"):
        task.train(parts[0] | {"points": parts[0]["points"][few]})


def test_scores_are_shown_with_the_threshold_at_one_half(model):
    assert model.shown(np.array([0, model.threshold, 1e9])) == pytest.approx([0, 0.5, 1], abs=1e-6)


def test_labels_of_other_times_are_refused(parts):
    windows = parts[0]["windows"]
    moved = windows.assign(**{name: windows[name] - pd.Timedelta(days=2) for name in ("first", "last")})
    with pytest.raises(CapstanError, match="less than 30"):
        task.train(parts[0] | {"windows": moved})
