"""What looks found over time: of very many, the newest and each nth, so that a page stays quick."""

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.checks.result import Check
from monitoring.snapshots import Snapshot, snapshots

pytestmark = pytest.mark.usefixtures("home")
NOW = datetime(2013, 10, 8, tzinfo=UTC)


@pytest.mark.parametrize(("most", "hours"), [(20, range(10)), (10, range(10)), (4, (0, 3, 6, 9)), (1, (9,))])
def test_of_many_the_newest_and_each_nth_come_in_order(most, hours):
    for hour in range(10):
        snapshots().keep("flights", Snapshot(NOW + timedelta(hours=hour), "1", 5, 4, [Check("drift", "temp", "ok")]))
    snapshots().keep("flights", Snapshot(NOW - timedelta(days=1), "1", 5, 4, []))
    moments = snapshots().since("flights", NOW, most, lambda snapshot: snapshot.at, {})
    assert list(moments.values()) == [NOW + timedelta(hours=hour) for hour in hours]


def test_what_was_made_of_a_snapshot_is_made_again_only_when_it_changes():
    def alarms(snapshot: Snapshot) -> int:
        moments.append(snapshot.at)
        return sum(check.verdict == "alarm" for check in snapshot.checks)

    def keep(hour: int, verdict: str) -> None:
        snapshots().keep("flights", Snapshot(NOW + timedelta(hours=hour), "1", 5, 4, [Check("drift", "temp", verdict)]))

    moments: list[datetime] = []
    keep(0, "ok")
    keep(1, "ok")
    known = snapshots().since("flights", NOW, 9, alarms, {})
    assert list(known.values()) == [0, 0]
    snapshots().keep("flights", Snapshot(NOW, "1", 6, 4, [Check("drift", "temp", "ok")]))  # of another prediction
    keep(1, "alarm")  # as of the same instant, and with the number of the one that it replaces
    keep(2, "ok")
    moments.clear()
    known = snapshots().since("flights", NOW, 9, alarms, known)
    assert list(known.values()) == [0, 1, 0]
    assert moments == [NOW + timedelta(hours=hour) for hour in range(3)]
    assert snapshots().since("flights", NOW, 9, alarms, known) == known and len(moments) == 3
