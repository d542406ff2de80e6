"""What was decided about a capstone, when, on which evidence and by whom. Events are added, and never changed."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
)

from capstan.data.database import Database, instant, ticks
from capstan.profile import profile

CIRCLE = "circle"  # who decides when no person does
MONITORING = "monitoring"  # who notices, with the retraining loop or without

schema = MetaData()
EVENTS = Table(
    "capstan_history",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("capstone", String(200), nullable=False),
    Column("key", String(300), nullable=False),  # of the decision: the same decision is one event
    Column("at", BigInteger, nullable=False),  # when it was decided, by the clock of the traffic; microseconds
    Column("written_at", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("version", String(40), nullable=False),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON
    UniqueConstraint("capstone", "key"),
)


@dataclass(frozen=True)
class Event:
    """One decision, or something that decisions are made of.

    kind: such as "alert", "retraining", "canary", "promoted". at: by the clock of the traffic, which a replay sets.
    evidence: figures and links, as JSON.
    """

    kind: str
    at: datetime
    reason: str
    version: str = ""
    by: str = CIRCLE
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the event for JSON."""
        return asdict(self) | {"at": self.at.isoformat(), "evidence": dict(self.evidence)}


class History(Database):
    """The events of all capstones at a URL of SQLAlchemy."""

    def __init__(self, url: str):
        super().__init__(url, schema, "history")

    def add(self, capstone: str, key: str, event: Event) -> bool:
        """Add an event, unless one with this key is there; return whether it was added.

        A process that was killed after a decision decides again, with the same key: the history records it once.
        """
        row = {
            "capstone": capstone,
            "key": key,
            "at": ticks(event.at),
            "written_at": ticks(datetime.now(UTC)),
            "kind": event.kind,
            "version": event.version,
            "by": event.by,
            "reason": event.reason,
            "evidence": json.dumps(dict(event.evidence), sort_keys=True, default=str),
        }
        mine = EVENTS.c.capstone == capstone, EVENTS.c.key == key
        with self.exclusive(f"history of {capstone}") as connection:
            if connection.execute(select(EVENTS.c.number).where(*mine)).first():
                return False
            connection.execute(insert(EVENTS).values(row))
        return True

    def events(self, capstone: str, since: datetime | None = None, kinds: tuple[str, ...] = ()) -> list[Event]:
        """Return the events of a capstone in the order in which they were written. kinds: only these."""
        query = select(EVENTS).where(EVENTS.c.capstone == capstone).order_by(EVENTS.c.number)
        if since is not None:
            query = query.where(EVENTS.c.at >= ticks(since))
        if kinds:
            query = query.where(EVENTS.c.kind.in_(kinds))
        return [_event(row._mapping) for row in self.rows(query)]

    def last(self, kinds: tuple[str, ...]) -> dict[str, Event]:
        """Return the last event of these kinds, by capstone, in one statement."""
        last = select(func.max(EVENTS.c.number)).where(EVENTS.c.kind.in_(kinds)).group_by(EVENTS.c.capstone)
        rows = self.rows(select(EVENTS).where(EVENTS.c.number.in_(last)))
        return {row.capstone: _event(row._mapping) for row in rows}


def _event(row: Any) -> Event:
    same = {name: row[name] for name in ("kind", "reason", "version", "by")}
    return Event(at=instant(row["at"]), evidence=json.loads(row["evidence"]), **same)


def history() -> History:
    """Return the history of this profile."""
    return History(profile().database("circle"))
