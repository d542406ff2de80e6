"""What a person decides: an event with who and why, each time it is decided; and what holds the circle up."""

from datetime import UTC, datetime

import pytest

from capstan.errors import CapstanError
from monitoring.circle.decisions import decide, holding
from monitoring.history import Event, history


def test_a_decision_is_an_event_each_time(home):
    decide("flights", "paused", " An audit. ", "ann")
    decide("flights", "paused", "Another.", "bob")
    found = history().events("flights")
    assert [(event.kind, event.reason, event.by) for event in found] == [
        ("paused", "An audit.", "ann"), ("paused", "Another.", "bob"),
    ]  # fmt: skip
    assert abs((datetime.now(UTC) - found[0].at).total_seconds()) < 60
    assert decide("flights", "promoted", "Better.", "ann", "7") == history().events("flights")[-1]


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
    found = holding(events)
    assert (found.kind if found else None) == held
