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
    found = snapshots().since("flights", NOW, most)
    assert [one.at for one in found] == [NOW + timedelta(hours=hour) for hour in hours]
