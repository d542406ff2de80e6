"""The SQL of the offline store: pure functions that write queries.

Queries compare times as integers: microseconds since the epoch, in UTC. Columns are converted where they are read, so a
source with naive times joins to entity rows with time zones. Inside a query the columns have positional names (`key_0`,
`value_0`), so the names in a source or in the entity rows cannot clash with those of the query.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from .scan import Scan, identifier, literal

MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# In microseconds, with some years of margin.
FIRST_NANOSECOND = (datetime(1680, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_NANOSECOND = (datetime(2260, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND

LateRows = Literal["exclude", "include"]


@dataclass(frozen=True)
class Rows:
    """The rows of one data source and the roles of its columns; every name is the source's own.

    A row arrives at the later of its event and its creation; with `late_rows="include"` it arrives with its event.
    """

    join_keys: list[str]
    timestamp_field: str
    created_timestamp_column: str | None = None
    values: list[str] = field(default_factory=list)
    late_rows: LateRows = "exclude"
    scan: Scan = field(default_factory=Scan)

    @property
    def columns(self) -> list[str]:
        """The columns that are read, each once."""
        timestamps = [self.timestamp_field, self.created_timestamp_column]
        return list(dict.fromkeys(c for c in [*self.join_keys, *self.values, *timestamps] if c))

    @property
    def may_be_late(self) -> bool:
        """Whether a row can arrive after its event."""
        return bool(self.created_timestamp_column) and self.late_rows == "exclude"


def microseconds(moment: datetime) -> int:
    """Return the microseconds since the epoch. A naive `moment` is in UTC, as in Feast."""
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) // MICROSECOND


def point_in_time(rows: Rows, first: int, last: int, ttl: timedelta | None) -> str:
    """Join each row of the table `entity` (row, t, key_0, ...) to the values that were known at its time `t`.

    A source row is known from its arrival on. Among the known rows of a key, the one with the latest event counts;
    among equal events the one created last, and then the last one in the files. So a source row matters only if no
    known row of its key had a later event when it arrived. Sorted by arrival, these rows hold what was known at every
    moment, and one ASOF join finds the right one.

    Args:
        first, last: the least and the greatest `t`, in microseconds. They only limit what is read.
        ttl: the greatest age of an event, inclusive. None or zero sets no limit.

    Returns:
        A query of columns value_0, ..., with one row per row of `entity`, in the order of `entity.row`.
    """
    read = source(rows, earliest_of(first, ttl), last)
    return known_at(read, len(rows.join_keys), len(rows.values), ttl)


def earliest_of(first: int, ttl: timedelta | None) -> int | None:
    """Return the least event time that counts at the moment `first`, or None where all do."""
    return first - ttl // MICROSECOND if ttl else None


def known_at(read: str, key_count: int, value_count: int, ttl: timedelta | None, numbered: bool = False) -> str:
    """Join each row of the table `entity` to what a source says: see `point_in_time`.

    Args:
        read: a query that returns the rows of the source, as `source` writes it.
        numbered: return `entity.row` as the first column.
    """
    keys = [f"key_{i}" for i in range(key_count)]
    partition = f"PARTITION BY {', '.join(keys)} " if keys else ""
    # Do not sort keys that nobody asks for. A source without keys has a single history, which is needed as a whole.
    asked_for = f"SEMI JOIN entity USING ({', '.join(keys)})" if keys else ""
    on = " AND ".join([f"entity.{key} = known.{key}" for key in keys] + ["entity.t >= known.arrival"])
    fresh = f"entity.t - known.event <= {ttl // MICROSECOND}" if ttl else "TRUE"
    values = [f"CASE WHEN {fresh} THEN known.value_{i} END AS value_{i}" for i in range(value_count)]
    selected = ",\n    ".join(["entity.row"] * numbered + values)
    return f"""\
WITH source AS (
{read}
), known AS (
  SELECT * FROM source {asked_for}
  WINDOW history AS ({partition}ORDER BY arrival, event, created NULLS FIRST, file_index, file_row_number)
  QUALIFY event = max(event) OVER history AND arrival IS DISTINCT FROM lead(arrival) OVER history
)
SELECT
    {selected}
FROM entity ASOF LEFT JOIN known ON {on}
ORDER BY entity.row"""


def latest(rows: Rows, start: int, end: int) -> str:
    """For each key with an arrival in [start, end], find the row with the latest event that had arrived by `end`.

    The event may be before `start`, so a late row is picked up when it arrives. If the key had a later event already,
    that row is returned once more. Rows with a null key are left out.
    """
    keys = [f"key_{i}" for i in range(len(rows.join_keys))]
    partition = f"PARTITION BY {', '.join(keys)}" if keys else ""
    return f"""\
WITH source AS (
{source(rows, earliest=None if rows.may_be_late else start, latest=end)}
)
SELECT {_original_columns(rows)}
FROM source
WHERE {" AND ".join(["arrival <= " + str(end)] + [f"{key} IS NOT NULL" for key in keys])}
WINDOW history AS ({partition})
QUALIFY max(arrival) OVER history >= {start} AND 1 = row_number() OVER (
  {partition} ORDER BY event DESC, created DESC NULLS LAST, file_index DESC, file_row_number DESC)"""


def within(rows: Rows, start: int | None, end: int | None) -> str:
    """Select all rows with an event time in [start, end], in any order. None leaves a side open."""
    bounds = [f"event >= {start}"] * (start is not None) + [f"event <= {end}"] * (end is not None)
    return f"""\
WITH source AS (
{source(replace(rows, late_rows="include"), earliest=start, latest=end)}
)
SELECT {_original_columns(rows)}
FROM source
WHERE {" AND ".join(bounds) or "TRUE"}"""


def every(rows: Rows, start: int | None, end: int | None) -> str:
    """Select all rows with an event time in [start, end], oldest first. None leaves a side open."""
    return f"{within(rows, start, end)}\nORDER BY event, created NULLS FIRST, file_index, file_row_number"


def arrivals(inputs: list[tuple[Rows, list[str]]], start: int, end: int, timestamp_field: str) -> str:
    """Select the keys and the times in [start, end] at which a row of any source arrived: each once, oldest first.

    Args:
        inputs: the sources, each with the names that its join keys have in the result. All have the same names.
    """
    names = sorted(inputs[0][1])
    selects = []
    for rows, key_names in inputs:
        selected = [f"key_{key_names.index(name)} AS {identifier(name)}" for name in names]
        present = "".join(f" AND key_{i} IS NOT NULL" for i, _ in enumerate(names))
        selects.append(
            f"SELECT DISTINCT {', '.join([*selected, f'make_timestamptz(arrival) AS {identifier(timestamp_field)}'])}\n"
            f"FROM (\n{source(replace(rows, values=[]), latest=end)}\n)\n"
            f"WHERE arrival BETWEEN {start} AND {end}{present}"
        )
    order = ", ".join(map(identifier, [timestamp_field, *names]))
    return "\nUNION\n".join(selects) + f"\nORDER BY {order}"


def source(rows: Rows, earliest: int | None = None, latest: int | None = None, also: str = "") -> str:
    """Select the rows of a source with their times: event, created and arrival.

    Args:
        earliest, latest: bounds on the event time; `latest` also on the arrival. They only limit what is read: the
            result may still contain rows outside of them.
        also: a further condition on the rows.
    """
    column = rows.scan.column
    event, created = column(rows.timestamp_field), column(rows.created_timestamp_column or rows.timestamp_field)
    event_us = f"epoch_us({event})"
    created_us = f"epoch_us({created})" if rows.created_timestamp_column else "NULL::BIGINT"
    selected = [f"{column(c)} AS key_{i}" for i, c in enumerate(rows.join_keys)]
    selected += [f"{column(c)} AS value_{i}" for i, c in enumerate(rows.values)]
    selected += [f"{event_us} AS event", f"{created_us} AS created"]
    # greatest() skips nulls, so a row without a creation time arrives with its event.
    selected += [f"{f'greatest({event_us}, {created_us})' if rows.may_be_late else event_us} AS arrival"]
    selected += ["file_index", "file_row_number"]
    conditions = [f"{event} IS NOT NULL", *([also] if also else [])]
    # Times are compared as they are stored, so that DuckDB skips row groups by their statistics; a string literal takes
    # the type of the column. One microsecond more on both sides, because stored nanoseconds are not rounded yet.
    # A column of nanoseconds cannot be compared to a time that it cannot hold.
    if earliest is not None and earliest > FIRST_NANOSECOND:
        conditions.append(f"{event} >= {_moment(earliest - 1)}")
    if latest is not None and latest < LAST_NANOSECOND:
        conditions.append(f"{event} <= {_moment(latest + 1)}")
        if rows.may_be_late:
            conditions.append(f"({created} IS NULL OR {created} <= {_moment(latest + 1)})")
    read = rows.scan.between(earliest, latest)
    return f"  SELECT {', '.join(selected)}\n  FROM {read}\n  WHERE {' AND '.join(conditions)}"


def _moment(microseconds: int) -> str:
    return literal((EPOCH + microseconds * MICROSECOND).isoformat(sep=" ", timespec="microseconds"))


def _original_columns(rows: Rows) -> str:
    """Select every column under its own name, with timestamps in UTC and microseconds."""
    origin = {c: f"value_{i}" for i, c in enumerate(rows.values)}
    origin |= {c: f"key_{i}" for i, c in enumerate(rows.join_keys)}
    origin[rows.timestamp_field] = "make_timestamptz(event)"
    if rows.created_timestamp_column:
        origin[rows.created_timestamp_column] = "make_timestamptz(created)"
    return ", ".join(f"{origin[c]} AS {identifier(c)}" for c in rows.columns)
