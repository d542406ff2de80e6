"""All flights: the gate wants what they give, and they take less than a minute."""

from datetime import UTC, datetime
from pathlib import Path

SETTINGS: dict[str, object] = {}
ASKED = {
    **{"carrier": "UA", "origin": "EWR", "dest": "TPA", "tailnum": "N483UA"},
    **{"sched_dep": "2013-12-30T20:15:00-05:00", "sched_arr": "2013-12-30T23:22:00-05:00"},
}
REFUSED = (ASKED | {"origin": "TPA"}, "origin")
WATCHED_IN = "tests/integration/test_monitor.py"  # the flights are of 2013, and their times count
LOOKED_AT = datetime(2013, 12, 31, 12, tzinfo=UTC)


def write(folder: Path) -> None:
    """Write nothing: the package has the flights."""
