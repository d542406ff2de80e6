"""Nothing of the future, and nothing that arrived too late, reaches a training row: on real flights, through Feast."""

import numpy as np
import pandas as pd
import pytest

from pipelines.flight_delay import columns, task
from pipelines.flight_delay.tests.conftest import KEYS, ROW

DELAYS = columns.GROUPS["recent delays"]
# Of these, what the timetable says counts as well: see test_departures.py.
DEPARTURES = [*columns.GROUPS["departures"], *columns.GROUPS["rotation"]]
WEATHER = columns.GROUPS["weather"]
WEATHER_TTL = pd.Timedelta(hours=6)


def chosen(flights: pd.DataFrame) -> pd.Series:
    """Return a flight in the middle of the days, on a busy afternoon, of an aircraft that flies again later."""
    landed = flights[(flights["status"] == "landed") & flights["tailnum"].notna()]
    noon = landed[landed["sched_dep"] >= pd.Timestamp("2013-06-12T17:00Z")].sort_values("sched_dep")
    again = noon[noon.duplicated("tailnum", keep="last")]
    return again.iloc[0]


def differing(before: pd.DataFrame, after: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return which values of the same rows differ; two missing ones do not."""
    pd.testing.assert_frame_equal(before[ROW], after[ROW])
    left, right = before[columns], after[columns]
    return ~((left == right) | (left.isna() & right.isna()))


@pytest.mark.slow
def test_flights_that_land_later_change_no_row_before_and_some_after(days, usual, build):
    before = usual
    flight = chosen(days["flights"])
    prediction = flight["sched_dep"] - pd.Timedelta(hours=1)
    # Twenty flights that left long before and land a minute after the prediction, a day late, each with one key of the
    # chosen flight or all of them: whatever window they reach they would turn over.
    stranger = {"carrier": "HA", "origin": "LGA", "dest": "ANC", "tailnum": "N-NONE"}
    same = [KEYS, ["origin"], ["carrier", "origin"], ["dest"], ["origin", "dest"], ["tailnum"]]
    planted = pd.DataFrame([stranger | {key: flight[key] for key in keys} for keys in same] * 4)
    planted = planted.assign(flight=9_000 + np.arange(len(planted)), distance=500, dep_delay=1_300.0, arr_delay=1_400.0)
    landed = prediction + pd.Timedelta(minutes=1)
    planted["sched_arr"] = landed - pd.Timedelta(minutes=1_400)
    planted["sched_dep"] = planted["sched_arr"] - pd.Timedelta(hours=2)
    planted["landed"], planted["status"] = landed, "landed"
    planted["departed"] = planted["sched_dep"] + pd.Timedelta(minutes=1_300)
    times = ["sched_dep", "sched_arr", "departed", "landed"]
    planted[times] = planted[times].astype("datetime64[us, UTC]")
    after = build(days | {"flights": pd.concat([days["flights"], planted], ignore_index=True)})

    ours = after.merge(planted[ROW].drop_duplicates(), on=ROW, how="left", indicator=True)["_merge"] == "left_only"
    after = after[ours.to_numpy()].reset_index(drop=True)
    assert len(after) == len(before) == len(days["flights"])
    inputs = [column for column in task.INPUTS if column not in DEPARTURES]
    changed = differing(before, after, [*inputs, "late", "event_timestamp"])
    early = before["event_timestamp"] < landed
    assert early.any() and (~early).any()
    assert not changed[early].any(axis=None), changed[early].sum()
    # The same rows, were they known, do count: each of the five kinds of history moves afterwards.
    for column in DELAYS:
        assert changed.loc[~early, column].any(), column
    untouched = [column for column in inputs if column not in DELAYS]
    assert not changed[untouched].any(axis=None)
    mine = (before[KEYS] == flight[KEYS]).all(axis=1) & (before["event_timestamp"] == prediction)
    assert mine.sum() == 1 and not changed[mine].any(axis=None)


@pytest.mark.slow
def test_readings_that_arrive_later_change_no_row_before_and_some_after(days, usual, build):
    before = usual
    flight = chosen(days["flights"])
    prediction = flight["sched_dep"] - pd.Timedelta(hours=1)
    arrived = prediction + pd.Timedelta(minutes=20)
    # Taken a minute before the prediction, later than every reading that is known by then, and sent too late for it.
    # The next reading of the hour arrives 59 minutes after the prediction at the earliest.
    reading = dict.fromkeys(WEATHER, -999.0) | {"hour": prediction - pd.Timedelta(minutes=1), "arrived": arrived}
    planted = pd.DataFrame([reading | {"origin": origin} for origin in ("EWR", "JFK", "LGA")])
    planted = planted.astype({"hour": "datetime64[us, UTC]", "arrived": days["weather"]["arrived"].dtype})
    after = build(days | {"weather": pd.concat([days["weather"], planted], ignore_index=True)})

    changed = differing(before, after, [*task.INPUTS, "late", "event_timestamp"])
    early = before["event_timestamp"] < arrived
    assert not changed[early].any(axis=None), changed[early].sum()
    soon = before["event_timestamp"].between(arrived, prediction + pd.Timedelta(minutes=58))
    assert soon.sum() >= 20
    assert (after.loc[soon, WEATHER] == -999.0).all(axis=None)


@pytest.mark.slow
def test_rolling_delays_are_those_of_a_plain_count(days, usual):
    """200 flights: the window ends at the last landing up to the prediction time, which may be as old as the window."""
    rows = usual
    landed = days["flights"].query("status == 'landed'")
    sampled = rows.sample(200, random_state=1)
    counted = dict.fromkeys(columns.WINDOWS, 0)
    for row in sampled.to_dict("records"):
        for view, (keys, window) in columns.WINDOWS.items():
            of, span = view.removesuffix("_delays"), pd.Timedelta(window)
            past = landed[landed["landed"] <= row["event_timestamp"]]
            for key in keys:
                past = past[past[key] == row[key]]
            got = row[f"{of}_late_share"], row[f"{of}_mean_delay"]
            last = past["landed"].max()
            if past.empty or last < row["event_timestamp"] - span:
                assert np.isnan(got).all(), (view, row)
                continue
            delays = past.loc[past["landed"] >= last - span, "arr_delay"]
            assert got == pytest.approx(((delays > 15).mean(), delays.mean())), (view, row)
            counted[view] += 1
    assert min(counted.values()) >= 40, counted


def test_weather_is_the_latest_reading_that_had_arrived_within_six_hours(days, build):
    """On a day whose stations are silent for ten hours."""
    silent = days["weather"]["hour"].between(pd.Timestamp("2013-06-12T12:00Z"), pd.Timestamp("2013-06-12T21:59Z"))
    weather = days["weather"][~silent].reset_index(drop=True)
    rows = build(days | {"weather": weather})
    day = rows[rows["event_timestamp"].between(pd.Timestamp("2013-06-12T09:00Z"), pd.Timestamp("2013-06-13T03:00Z"))]
    matches = 0
    for row in day.sample(200, random_state=2).to_dict("records"):
        known = weather[(weather["origin"] == row["origin"]) & (weather["arrived"] <= row["event_timestamp"])]
        known = known[known["hour"] >= row["event_timestamp"] - WEATHER_TTL]
        expected = known.loc[known["hour"].idxmax(), WEATHER].tolist() if len(known) else [np.nan] * len(WEATHER)
        assert [row[column] for column in WEATHER] == pytest.approx([float(v) for v in expected], nan_ok=True), row
        matches += len(known) > 0
    assert 100 <= matches <= 180


def test_training_set_has_each_flight_once_and_its_own_label(days, usual):
    rows = usual
    flights = days["flights"]
    assert len(rows) == len(flights)
    expected = task.entity_rows(days).sort_values([*ROW, "late"], ignore_index=True)
    same = expected[[*ROW, "late"]].fillna({"tailnum": "-"})
    pd.testing.assert_frame_equal(rows[[*ROW, "late"]].fillna({"tailnum": "-"}), same, check_dtype=False)
    assert rows["late"].isna().sum() == (flights["status"] != "landed").sum()
