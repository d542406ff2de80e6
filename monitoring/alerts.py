"""Alerts: a condition that holds alerts once, until it has cleared. Each webhook gets each alert, sooner or later.

The table is the queue: a sender that was killed, or a webhook that is dead, loses no alert and delays nothing.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from capstan.data.database import Database, instant, ticks
from capstan.profile import profile
from capstan.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

log = logging.getLogger("monitoring")
FIRST, MOST = timedelta(seconds=15), timedelta(hours=1)  # between two tries; each wait is twice the one before
GIVE_UP = timedelta(days=2)
COUNTED = {"waiting": "waiting", "given up": "lost"}  # states of deliveries, as an Alert calls them

schema = MetaData()
ALERTS = Table(
    "capstan_alerts",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("capstone", String(200), nullable=False, index=True),
    Column("condition", String(200), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("since", BigInteger, nullable=False),  # this and the other times: microseconds since 1970
    Column("opened_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
)
DELIVERIES = Table(
    "capstan_deliveries",
    schema,
    Column("alert", Integer, ForeignKey("capstan_alerts.number"), primary_key=True),
    Column("webhook", String(16), primary_key=True),  # the digest of its address, which is a secret
    Column("state", String(20), nullable=False),  # waiting, sent, given up
    Column("tries", Integer, nullable=False),
    Column("queued_at", BigInteger, nullable=False),  # by the real clock, as is the next
    Column("next_at", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Condition:
    """What is wrong: a name that stays the same while it holds, since when, how bad, in words, and where to look.

    checks: those that found it, as the history keeps them; the table of the alerts does not have them.
    """

    name: str
    since: datetime
    message: str
    severity: Literal["warning", "critical"] = "warning"
    link: str = ""
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alert:
    """A condition that alerted."""

    number: int
    capstone: str
    condition: Condition
    opened_at: datetime
    cleared_at: datetime | None = None
    waiting: int = 0  # webhooks that have not got it yet
    lost: int = 0  # webhooks that never will


class Alerts(Database):
    """The alerts of all capstones at a URL of SQLAlchemy."""

    def __init__(self, url: str):
        super().__init__(url, schema, "alerts")

    def report(
        self, capstone: str, conditions: Iterable[Condition], at: datetime, webhooks: Iterable[str] = ()
    ) -> tuple[list[Condition], list[str]]:
        """Take all conditions that hold at an instant; return those that alert now, and the names that cleared.

        webhooks: the digests of those that get the alerts.
        """
        holding = {condition.name: condition for condition in conditions}
        mine = ALERTS.c.capstone == capstone, ALERTS.c.cleared_at.is_(None)
        with self.exclusive(f"alerts of {capstone}") as connection:
            opened = {row.condition for row in connection.execute(select(ALERTS.c.condition).where(*mine))}
            cleared = sorted(opened - set(holding))
            connection.execute(
                update(ALERTS).where(*mine, ALERTS.c.condition.in_(cleared)).values(cleared_at=ticks(at))
            )
            new = [condition for name, condition in holding.items() if name not in opened]
            for condition in new:
                _open(connection, capstone, condition, {"opened_at": ticks(at)}, webhooks)
        for condition in new:
            _log(capstone, condition)
        for name in cleared:
            log.info("%s: %s has cleared.", capstone, name)
        return new, cleared

    def report_once(self, capstone: str, condition: Condition, at: datetime, webhooks: Iterable[str] = ()) -> bool:
        """Alert of what happened at an instant and does not last; return whether it is new, by its name.

        It has cleared at once: no check says when it is over.
        """
        with self.exclusive(f"alerts of {capstone}") as connection:
            named = ALERTS.c.capstone == capstone, ALERTS.c.condition == condition.name
            if new := connection.execute(select(ALERTS.c.number).where(*named)).first() is None:
                times = {"opened_at": ticks(at), "cleared_at": ticks(at)}
                _open(connection, capstone, condition, times, webhooks)
        if new:
            _log(capstone, condition)
        return new

    def alerts(self, capstone: str, open_only: bool = False) -> list[Alert]:
        """Return the alerts of a capstone, the newest first."""
        query = _with_deliveries().where(ALERTS.c.capstone == capstone)
        if open_only:
            query = query.where(ALERTS.c.cleared_at.is_(None))
        return [_alert(row._mapping) for row in self.rows(query)]

    def latest(self, cleared: int, capstone: str = "") -> dict[str, list[Alert]]:
        """Return the open alerts and so many that cleared last, by capstone, the newest first; in one statement.

        capstone: only this one's; by default those of all.
        """
        order = func.row_number().over(
            partition_by=(ALERTS.c.capstone, ALERTS.c.cleared_at.is_(None)), order_by=ALERTS.c.number.desc()
        )
        ranked = select(ALERTS.c.number, ALERTS.c.cleared_at, order.label("place"))
        if capstone:
            ranked = ranked.where(ALERTS.c.capstone == capstone)
        subquery = ranked.subquery()
        shown = select(subquery.c.number).where(or_(subquery.c.cleared_at.is_(None), subquery.c.place <= cleared))
        latest: dict[str, list[Alert]] = {}
        for row in self.rows(_with_deliveries().where(ALERTS.c.number.in_(shown))):
            latest.setdefault(row.capstone, []).append(_alert(row._mapping))
        return latest

    def due(self, now: datetime) -> list[tuple[Alert, str]]:
        """Return what has to be sent now: alerts and webhooks. Each is this caller's until its next try."""
        join = select(ALERTS, DELIVERIES).join(DELIVERIES, DELIVERIES.c.alert == ALERTS.c.number)
        query = join.where(DELIVERIES.c.state == "waiting", DELIVERIES.c.next_at <= ticks(now)).order_by(
            ALERTS.c.number
        )
        mine = []
        for row in self.rows(query):
            delivery = row._mapping
            wait = min(FIRST * 2 ** min(delivery["tries"], 10), MOST)
            state = "given up" if now - instant(delivery["queued_at"]) > GIVE_UP else "waiting"
            values = {"state": state, "tries": delivery["tries"] + 1, "next_at": ticks(now + wait)}
            with self.transaction() as connection:
                this = _delivery(delivery["alert"], delivery["webhook"]), DELIVERIES.c.tries == delivery["tries"]
                if connection.execute(update(DELIVERIES).where(*this).values(values)).rowcount:
                    mine.append((_alert(delivery), delivery["webhook"]))
        return mine

    def sent(self, alert: Alert, webhook: str) -> None:
        """Note that a webhook has an alert."""
        with self.transaction() as connection:
            connection.execute(update(DELIVERIES).where(_delivery(alert.number, webhook)).values(state="sent"))


def _open(
    connection: "Connection", capstone: str, condition: Condition, times: dict[str, int], webhooks: Iterable[str]
) -> None:
    """Add an alert, which each webhook is to get."""
    row = {
        "capstone": capstone,
        "condition": condition.name,
        "severity": condition.severity,
        "message": condition.message,
        "link": condition.link,
        "since": ticks(condition.since),
    }
    [number] = connection.execute(insert(ALERTS).values(row | times)).inserted_primary_key or [0]
    now = ticks(datetime.now(UTC))
    due = {"alert": number, "state": "waiting", "tries": 0, "queued_at": now, "next_at": now}
    for webhook in webhooks:
        connection.execute(insert(DELIVERIES).values(due | {"webhook": webhook}))


def _log(capstone: str, condition: Condition) -> None:
    log.warning("%s: %s (%s, since %s)", capstone, condition.message, condition.severity, condition.since)


def _delivery(alert: int, webhook: str) -> Any:
    return and_(DELIVERIES.c.alert == alert, DELIVERIES.c.webhook == webhook)


def _with_deliveries() -> "Select[Any]":
    """Return a query of alerts, the newest first, with the numbers of webhooks that wait for each, or never get it."""
    counts = [func.count(case((DELIVERIES.c.state == state, 1))).label(label) for state, label in COUNTED.items()]
    joined = select(ALERTS, *counts).outerjoin(DELIVERIES, DELIVERIES.c.alert == ALERTS.c.number)
    return joined.group_by(ALERTS.c.number).order_by(ALERTS.c.number.desc())


def _alert(row: Any) -> Alert:
    condition = Condition(row["condition"], instant(row["since"]), row["message"], row["severity"], row["link"])
    cleared = None if row["cleared_at"] is None else instant(row["cleared_at"])
    opened = instant(row["opened_at"])
    counts = {label: row[label] for label in COUNTED.values() if label in row}
    return Alert(row["number"], row["capstone"], condition, opened, cleared, **counts)


def digest(address: str) -> str:
    """Return what stands for a webhook's address in the table: the address holds secrets."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def alerts() -> Alerts:
    """Return the alerts of this profile."""
    return Alerts(profile().database("circle"))


def link(capstone: str) -> str:
    """Return the address of a capstone on the console, or "" on a cluster, where no address is that of all readers."""
    return f"{profile().endpoint(capstone)}/monitoring#{capstone}" if settings().profile == "local" else ""


def webhooks() -> dict[str, str]:
    """Return the addresses of the settings by digest."""
    return {digest(address): address for address in settings().webhooks}
