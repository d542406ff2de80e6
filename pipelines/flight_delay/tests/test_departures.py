"""Departures and rotations: counted by hand, and nothing of them is known before it happens."""

import numpy as np
import pandas as pd
import pytest

from pipelines.flight_delay import columns, task
from pipelines.flight_delay.departures import departures
from pipelines.flight_delay.rotation import rotation
from pipelines.flight_delay.tests.test_point_in_time import chosen, differing

NEW = [*columns.GROUPS["departures"], *columns.GROUPS["rotation"]]
LATER = pd.Timedelta(hours=10)
NOON = pd.Timestamp("2013-06-12T16:00Z")


def flight(leaves_after: float | None = 0, lands_after: float | None = 0, **changed) -> dict:
    """Return a flight of three hours at noon, by minutes after its schedule; None is never."""
    row = {"carrier": "UA", "origin": "EWR", "dest": "TPA", "tailnum": "N1", "sched_dep": NOON} | changed
    row["sched_arr"] = row["sched_dep"] + pd.Timedelta(hours=3)
    row |= {
        "dep_delay": leaves_after,
        "arr_delay": lands_after,
        "status": "cancelled" if leaves_after is None else "landed",
    }
    for time, start, delay in (("departed", "sched_dep", leaves_after), ("landed", "sched_arr", lands_after)):
        row[time] = pd.NaT if delay is None else row[start] + pd.Timedelta(minutes=delay)
    return row


def table(*flights: dict) -> pd.DataFrame:
    """Return flights as the contract has them."""
    frame = pd.DataFrame(list(flights)).astype({"dep_delay": float, "arr_delay": float})
    times = ["sched_dep", "sched_arr", "departed", "landed"]
    return frame.assign(**{time: pd.to_datetime(frame[time], utc=True).dt.as_unit("us") for time in times})


def happens_otherwise(flights: pd.DataFrame, moment: pd.Timestamp, how: str) -> pd.DataFrame:
    """Return the flights with another future: what leaves or lands after a moment is later by hours, or never does."""
    frame = flights.copy()
    for time, delay in (("departed", "dep_delay"), ("landed", "arr_delay")):
        future = ~(flights[time] <= moment)
        frame.loc[future, time] = pd.NaT if how == "never" else flights[time] + LATER
        frame.loc[future, delay] = np.nan if how == "never" else flights[delay] + 600
    gone = frame["departed"].notna()
    frame["status"] = np.select([frame["landed"].notna(), gone], ["landed", "diverted"], default="cancelled")
    return frame


@pytest.mark.slow
@pytest.mark.parametrize("how", ["late", "never"])
def test_another_future_of_all_flights_changes_no_row_before_and_some_after(how, days, usual, build):
    moment = chosen(days["flights"])["sched_dep"] - pd.Timedelta(hours=1)
    after = build(days | {"flights": happens_otherwise(days["flights"], moment, how)})
    changed = differing(usual, after, task.INPUTS)
    early = usual["event_timestamp"] <= moment
    assert early.sum() > 1_000 and (~early).sum() > 1_000
    assert not changed[early].any(axis=None), changed[early].sum()
    for column in NEW:
        assert changed.loc[~early, column].any(), column


@pytest.mark.slow
def test_departures_are_those_of_a_plain_count(days, usual):
    flights, due_for = days["flights"], pd.Timedelta(columns.DUE_FOR)
    given_up = flights["sched_dep"] + due_for
    given_up = given_up.where(~(flights["departed"] < given_up))
    counted = dict.fromkeys(columns.DEPARTURES, 0)
    for row in usual.sample(100, random_state=3).to_dict("records"):
        now = row["event_timestamp"]
        for view, (keys, window) in columns.DEPARTURES.items():
            got = [row[column] for column in columns.departure_columns(view)]
            own = (flights[keys] == pd.Series({key: row[key] for key in keys})).all(axis=1)
            events = pd.concat([flights.loc[own, "sched_dep"], flights.loc[own, "departed"], given_up[own]])
            last = events[events <= now].max()
            if pd.isna(last) or last < now - window:
                assert np.isnan(got).all(), (view, row)
                continue
            left = flights.loc[own & flights["departed"].between(last - window, last), "dep_delay"]
            due = own & flights["sched_dep"].between(last - due_for, last)
            waits = (due & ~(flights["departed"] <= last) & (flights["sched_dep"] > last - due_for)).sum()
            share = waits / due.sum() if due.any() else np.nan
            late = (left > 15).mean() if len(left) else np.nan
            assert got == pytest.approx([late, left.mean(), waits, share], nan_ok=True), (view, row)
            counted[view] += 1
    assert min(counted.values()) >= 50, counted


def test_flight_that_is_due_waits_until_it_leaves():
    [_, _, waiting, share] = columns.departure_columns("origin_departures")
    rows = departures(table(flight(), flight(leaves_after=90)), "origin_departures").set_index("event_timestamp")
    assert rows[waiting].to_dict() == {NOON: 1, NOON + pd.Timedelta(minutes=90): 0}
    assert rows[share].tolist() == [0.5, 0]


@pytest.mark.parametrize("leaves_after", [None, 700])
def test_cancelled_flight_waits_as_long_as_one_that_is_late(leaves_after):
    rows = departures(table(flight(leaves_after, None)), "origin_departures").set_index("event_timestamp")
    waits = rows["origin_waiting"].iloc[:2]
    assert waits.to_dict() == {NOON: 1, NOON + columns.DUE_FOR: 0}


def test_flight_that_leaves_early_never_waits():
    rows = departures(table(flight(leaves_after=-5)), "origin_departures")
    assert rows["origin_waiting"].eq(0).all()
    assert rows["event_timestamp"].tolist() == [NOON - pd.Timedelta(minutes=5), NOON]


def test_slack_follows_what_is_known_of_the_previous_flight():
    """Planned for three hours each way, and ten hours before the next: four hours. It leaves late and makes up time."""
    following = flight(sched_dep=NOON + pd.Timedelta(hours=10))
    rows = rotation(table(flight(leaves_after=60, lands_after=45), following)).set_index("event_timestamp")
    slack, delay = (rows.loc[rows.index < following["sched_dep"], name] for name in columns.ROTATION_COLUMNS)
    left, landed = NOON + pd.Timedelta(minutes=60), NOON + pd.Timedelta(hours=3, minutes=45)
    assert slack.to_dict() == {NOON: 240, left: 180, landed: 195}
    assert delay.isna().tolist() == [True, False, False] and delay.iloc[1:].tolist() == [60, 45]


def test_aircraft_without_another_flight_has_no_slack():
    rows = rotation(table(flight(), flight(tailnum=None)))
    assert rows["aircraft_slack"].isna().all() and set(rows["tailnum"]) == {"N1"}


def test_slack_is_that_of_the_flight_that_is_asked_for(days, usual):
    """What the row of an aircraft takes from the timetable, the request says, if the previous flight has left."""
    flights = days["flights"].dropna(subset=["tailnum"]).sort_values(["tailnum", "sched_dep"])
    flights["planned"] = flights["sched_arr"] - flights["sched_dep"]
    before = flights.groupby("tailnum")[["departed", "landed", "planned"]].shift()
    now = flights["sched_dep"] - columns.HORIZON
    back = (before["landed"] + before["planned"]).where(
        before["landed"] <= now, before["departed"] + 2 * before["planned"]
    )
    flights["slack"] = (flights["sched_dep"] - back).dt.total_seconds() / 60
    recent = (before["departed"] <= now) & (before["departed"] >= now - pd.Timedelta(hours=24))
    found = flights[recent].merge(usual[[*columns.ENTITY_KEYS, "sched_dep", "aircraft_slack"]])
    assert len(found) > 2_000
    assert (found["slack"] == found["aircraft_slack"]).mean() > 0.99
