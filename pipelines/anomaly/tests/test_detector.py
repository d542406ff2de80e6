"""The detector: it knows the past alone, and the endpoint's way through the feature store gives the same scores."""

import numpy as np
import pytest

from pipelines.anomaly import packing, pulse, streams, task
from pipelines.anomaly.columns import TIME, VALUE
from pipelines.anomaly.detector import SETTING, Range, State, update
from pipelines.anomaly.neighbours import LENGTH, nearest
from pipelines.anomaly.studies.tune import chosen


def test_planted_future_has_no_effect(taxi):
    """All values from one place on are others: what was scored before is the same, to the last digit."""
    place = 3_000
    planted = taxi.copy()
    planted.loc[place:, VALUE] = 1e6 * np.arange(len(taxi) - place)
    [before], [after] = (list(streams.scores(rows).values()) for rows in (taxi, planted))
    assert np.array_equal(before[:place], after[:place]) and not np.array_equal(before[place:], after[place:])


def test_through_the_feature_store_scores_are_the_same(taxi):
    rows, features = taxi.head(400), {}
    whole = streams.scores(rows)["realKnownCause/nyc_taxi"]
    for time, value, score in zip(streams.seconds(rows[TIME]), rows[VALUE], whole, strict=True):
        features = streams.after(features, time, {"value": value}, threshold=1.0)
        assert features["parts"][0] == score
    assert features["recent"] == rows[VALUE].tail(streams.KEPT).tolist()


def test_state_survives_packing(taxi):
    state = State()
    assert packing.pack(packing.unpack(packing.pack(state))) == packing.pack(state)
    for time, value in zip(streams.seconds(taxi[TIME])[:200], taxi[VALUE][:200], strict=True):
        update(state, time, value)
    numbers, column = packing.pack(state), streams.column_of(state, [], 0, [0, 0, 0])
    assert len(numbers) == packing.SIZE and column.known == state
    with pytest.raises(ValueError, match="numbers, not 3"):
        packing.unpack([1, 2, 3])


def test_numbers_that_are_kept_are_floats():
    """The feature store takes no others."""
    features = streams.after(streams.after({}, 1, {"value": 1}, 1.0), 2, {"value": 2, "other": np.float64(3)}, 1.0)
    assert {type(number) for name in ("state", "recent", "parts") for number in features[name]} == {float}


def test_value_of_the_past_is_refused():
    features = streams.after({}, 1_000.0, {"value": 1.0}, 1.0)
    with pytest.raises(streams.OutOfOrder, match="1970-01-01T00:16:40"):
        streams.after(features, 999.0, {"value": 1.0}, 1.0)


def test_range_by_hand():
    known = Range()
    assert known.beyond(2, 20) == known.beyond(2, 20) == 0 and known.beyond(4, 20) > 0
    assert known.beyond(3, 20) == 0 and known.beyond(5, 20) == pytest.approx(np.log1p(20 * 1 / 2))
    assert known.beyond(0, 10, shrink=0.1) == pytest.approx(np.log1p(10 * 2 / 3)) and known.low == pytest.approx(0.25)


def test_a_jump_in_a_steady_stream_is_the_highest_score(taxi):
    values = taxi.head(1_000).assign(value=10 + np.sin(np.arange(1_000)))
    values.loc[700, VALUE] = 30.0
    [scores] = streams.scores(values).values()
    assert scores.argmax() == 700 and not scores[701 : 701 + SETTING.hold].any()


def test_scale_and_shift_of_a_stream_do_not_count(taxi):
    rows = taxi.head(1_500)
    [plain], [scaled] = (
        list(streams.scores(frame).values()) for frame in (rows, rows.assign(value=8 * rows[VALUE] - 64))
    )
    assert scaled == pytest.approx(plain, abs=1e-4)


def test_study_scores_as_the_detector_does(taxi):
    rows = taxi.head(2_000)
    [signals], [whole] = (list(by_stream.values()) for by_stream in (chosen.signals(rows), streams.scores(rows)))
    assert chosen.scores(signals, SETTING) == pytest.approx(whole, abs=1e-12)


def test_neighbours_by_hand():
    values = [0.0] * 10 + [float(step) for step in range(LENGTH)] + [0.0] * 10 + [float(step) for step in range(LENGTH)]
    [first, *_] = nearest(values)
    assert first == (LENGTH + 10, 0.0) and nearest(values[:LENGTH]) == []


def test_last_states_are_those_of_the_events(some):
    known = task.feature_tables(some)["stream_state"].set_index("stream")
    assert (
        known["state"].map(len).eq(packing.SIZE + pulse.SIZE).all() and known["recent"].map(len).eq(streams.KEPT).all()
    )
