"""What the store should return, computed by brute force: a loop over all rows for each entity row."""

from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]


def instant(moment: datetime) -> datetime:
    """Return the moment in UTC. Naive moments are in UTC already."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def newest(rows: list[Row], known_at: datetime) -> Row | None:
    """Return the row with the latest event that had arrived; ties go to the latest creation, then the last position."""
    known = [
        (instant(row["event_timestamp"]), row["created"] is not None, instant(row["created"] or known_at), position)
        for position, row in enumerate(rows)
        if instant(row["event_timestamp"]) <= known_at
        and (row["created"] is None or instant(row["created"]) <= known_at)
    ]
    return rows[max(known)[-1]] if known else None


def newest_event(rows: list[Row], moment: datetime) -> Row | None:
    """Return the row with the latest event by `moment`, no matter when it arrived; ties are broken as in `newest`."""
    past = [
        (instant(row["event_timestamp"]), row["created"] is not None, instant(row["created"] or moment), position)
        for position, row in enumerate(rows)
        if instant(row["event_timestamp"]) <= moment
    ]
    return rows[max(past)[-1]] if past else None


def feature(
    rows: list[Row], key: Any, moment: datetime, ttl: timedelta | None, name: str = "v", late_rows: str = "exclude"
) -> Any:
    """Return the value of feature `name` of `key` that was known at `moment`, or None."""
    moment = instant(moment)
    pick = newest if late_rows == "exclude" else newest_event
    row = pick([row for row in rows if row["k"] == key and key is not None], moment)
    if row is None or (ttl and instant(row["event_timestamp"]) < moment - ttl):
        return None
    return row[name]


def online(rows: list[Row], key: Any, start: datetime, end: datetime, name: str = "v") -> Any:
    """Return the value that materializing [start, end] writes for `key`, or None if it writes nothing."""
    of_key = [row for row in rows if row["k"] == key]
    arrivals = [
        max(instant(row["event_timestamp"]), instant(row["created"] or row["event_timestamp"])) for row in of_key
    ]
    if not any(start <= arrival <= end for arrival in arrivals):
        return None
    return newest(of_key, end)[name]
