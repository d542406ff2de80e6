"""What a person decides: an event with who and why, each time it is decided; and what holds the retraining loop up."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from capstan.errors import CapstanError
from capstan.rollout.state import RolloutState
from monitoring.history import CIRCLE, Event, history
from monitoring.retraining.decisions import decide, holding, tell_change


def test_a_decision_is_an_event_each_time(home):
    decide("flights", "paused", " An audit. ", "ann")
    decide("flights", "paused", "Another.", "bob")
    events = history().events("flights")
    assert [(event.kind, event.reason, event.by) for event in events] == [
        ("paused", "An audit.", "ann"), ("paused", "Another.", "bob"),
    ]  # fmt: skip
    assert abs((datetime.now(UTC) - events[0].at).total_seconds()) < 60


def test_a_change_of_a_roll_out_is_told_once_with_who_and_why(home):
    state = RolloutState("7", previous="6", since="2026-11-22T10:00:00+00:00", reason="Better.")
    for by in ("deploy (ann@home)", f"capstan promote ({CIRCLE})", ""):
        assert tell_change("flights", replace(state, by=by)) is None
    assert tell_change("flights", replace(state, by="capstan promote (ann@home)", reason="")) is None
    promoted = replace(state, by="capstan promote (ann@home)")
    assert tell_change("flights", promoted) == tell_change("flights", promoted)
    back = RolloutState(
        "6", since="2026-11-22T10:00:00+00:00", by="capstan rollback (olga, at the console)", reason="Worse."
    )
    assert tell_change("flights", back, "7") == history().events("flights")[-1]
    assert [(event.kind, event.version, event.reason, event.by) for event in history().events("flights")] == [
        ("promoted", "7", "Better.", "ann@home"), ("rolled back", "7", "Worse.", "olga"),
    ]  # fmt: skip


@pytest.mark.parametrize("reason", ["", " \n"])
def test_no_reason_is_no_decision(home, reason):
    with pytest.raises(CapstanError, match="Give a reason"):
        decide("flights", "paused", reason, "ann")
    assert history().events("flights") == []


@pytest.mark.parametrize(
    ("kinds", "held"),
    [([], None), (["alert"], None), (["paused", "alert"], "paused"), (["stopped"], "stopped"),
     (["paused", "resumed"], None), (["stopped", "resumed", "promoted", "paused"], "paused")],
)  # fmt: skip
def test_the_circle_is_held_up_until_somebody_resumes(kinds, held):
    events = [Event(kind, datetime(2013, 10, 1, tzinfo=UTC), "why") for kind in kinds]
    hold = holding(events)
    assert (hold.kind if hold else None) == held
