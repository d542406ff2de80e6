"""Snapshots: what each monitoring run found, kept for the console and for questions about a development over time."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
)

from capstan.data.database import Database, instant, ticks
from capstan.profile import profile
from monitoring.checks.result import Check

schema = MetaData()
SNAPSHOTS = Table(
    "capstan_snapshots",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("capstone", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),  # by the clock of the traffic; microseconds since 1970
    Column("version", String(40), nullable=False),
    Column("predictions", Integer, nullable=False),
    Column("labels", Integer, nullable=False),
    Column("checks", Text, nullable=False),  # JSON
    UniqueConstraint("capstone", "at"),
)


Made = TypeVar("Made")
Key = int  # the hash of a row


@dataclass(frozen=True)
class Snapshot:
    """What a look at a version found as of an instant, and of how many predictions, so many of them labelled."""

    at: datetime
    version: str
    predictions: int
    labels: int
    checks: Sequence[Check]


class Snapshots(Database):
    """The snapshots of all capstones at a URL of SQLAlchemy."""

    def __init__(self, url: str):
        super().__init__(url, schema, "snapshots")

    def keep(self, capstone: str, snapshot: Snapshot) -> None:
        """Keep a snapshot, in place of one as of the same instant."""
        row = {
            "capstone": capstone,
            "at": ticks(snapshot.at),
            "version": snapshot.version,
            "predictions": snapshot.predictions,
            "labels": snapshot.labels,
            "checks": json.dumps([check.as_dict() for check in snapshot.checks]),
        }
        with self.exclusive(f"snapshots of {capstone}") as connection:
            connection.execute(
                delete(SNAPSHOTS).where(SNAPSHOTS.c.capstone == capstone, SNAPSHOTS.c.at == ticks(snapshot.at))
            )
            connection.execute(insert(SNAPSHOTS).values(row))

    def newest(self, capstone: str) -> Snapshot | None:
        """Return the snapshot that was made last, or None. It may be as of an instant long ago."""
        mine = select(func.max(SNAPSHOTS.c.number)).where(SNAPSHOTS.c.capstone == capstone)
        return next((_snapshot(row) for row in self.rows(select(SNAPSHOTS).where(SNAPSHOTS.c.number.in_(mine)))), None)

    def newest_of_all(self) -> dict[str, Snapshot]:
        """Return the snapshot of each capstone that was made last, in one statement."""
        last = select(func.max(SNAPSHOTS.c.number)).group_by(SNAPSHOTS.c.capstone)
        return {
            row.capstone: _snapshot(row) for row in self.rows(select(SNAPSHOTS).where(SNAPSHOTS.c.number.in_(last)))
        }

    def since(
        self, capstone: str, at: datetime, most: int, make: Callable[[Snapshot], Made], known: Mapping[Key, Made]
    ) -> dict[Key, Made]:
        """Return what is made of the snapshots since an instant, the oldest first.

        Of more than `most`, the newest and each nth. known: what was made before, which is not made again.
        """
        mine = SNAPSHOTS.c.capstone == capstone, SNAPSHOTS.c.at >= ticks(at)
        found = [row.number for row in self.rows(select(SNAPSHOTS.c.number).where(*mine).order_by(SNAPSHOTS.c.at))]
        some = found[:: -max(1, -(-len(found) // most))]
        rows = self.rows(select(SNAPSHOTS).where(SNAPSHOTS.c.number.in_(some)).order_by(SNAPSHOTS.c.at))
        keyed = {hash(tuple(row)): row for row in rows}  # a number may come again
        return {key: known[key] if key in known else make(_snapshot(row)) for key, row in keyed.items()}


def _snapshot(row: Any) -> Snapshot:
    checks = [Check.of(check) for check in json.loads(row.checks)]
    return Snapshot(instant(row.at), row.version, row.predictions, row.labels, checks)


def snapshots() -> Snapshots:
    """Return the snapshots of this profile."""
    return Snapshots(profile().database("circle"))
