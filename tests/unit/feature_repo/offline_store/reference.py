"""What the store should return, by brute force: a loop over all rows, for each entity row."""

from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]


def instant(moment: datetime) -> datetime:
    """In UTC, which is also where naive moments are."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def newest(rows: list[Row], known_at: datetime) -> Row | None:
    """Of the rows that had arrived, the one of the latest event, then creation, then position in the file."""
    known = [
        (instant(row["event_timestamp"]), row["created"] is not None, instant(row["created"] or known_at), position)
        for position, row in enumerate(rows)
        if instant(row["event_timestamp"]) <= known_at
        and (row["created"] is None or instant(row["created"]) <= known_at)
    ]
    return rows[max(known)[-1]] if known else None


def newest_event(rows: list[Row], moment: datetime) -> Row | None:
    """The row of the latest event by `moment`, then creation, then position in the file, whenever it arrived."""
    past = [
        (instant(row["event_timestamp"]), row["created"] is not None, instant(row["created"] or moment), position)
        for position, row in enumerate(rows)
        if instant(row["event_timestamp"]) <= moment
    ]
    return rows[max(past)[-1]] if past else None


def feature(
    rows: list[Row], key: Any, moment: datetime, ttl: timedelta | None, name: str = "v", late_rows: str = "exclude"
) -> Any:
    """The value of feature `name` that was known of `key` at `moment`, None if there was none."""
    moment = instant(moment)
    pick = newest if late_rows == "exclude" else newest_event
    row = pick([row for row in rows if row["k"] == key and key is not None], moment)
    if row is None or (ttl and instant(row["event_timestamp"]) < moment - ttl):
        return None
    return row[name]


def online(rows: list[Row], key: Any, start: datetime, end: datetime, name: str = "v") -> Any:
    """The value that materializing [start, end] writes for `key`, None if it writes nothing."""
    of_key = [row for row in rows if row["k"] == key]
    arrivals = [
        max(instant(row["event_timestamp"]), instant(row["created"] or row["event_timestamp"])) for row in of_key
    ]
    if not any(start <= arrival <= end for arrival in arrivals):
        return None
    return newest(of_key, end)[name]
