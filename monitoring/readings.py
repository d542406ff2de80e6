"""Readings: the counters of a capstone's endpoint at each monitoring run. The next one judges how they grew."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta

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
    insert,
    select,
)

from capstan.data.database import Database, instant, ticks
from capstan.profile import profile
from monitoring.checks.counters import Counters, Reading

KEPT = timedelta(days=90)

schema = MetaData()
READINGS = Table(
    "capstan_readings",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("capstone", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970
    Column("processes", Text, nullable=False),  # JSON
    UniqueConstraint("capstone", "at"),
)


class Readings(Database):
    """The readings of all capstones at a URL of SQLAlchemy."""

    def __init__(self, url: str):
        super().__init__(url, schema, "readings")

    def keep(self, capstone: str, reading: Reading) -> None:
        """Keep a reading, in place of one as of the same instant; remove those that are 90 days older."""
        tick, mine = ticks(reading.at), READINGS.c.capstone == capstone
        processes = {process: asdict(counters) for process, counters in reading.processes.items()}
        with self.exclusive(f"readings of {capstone}") as connection:
            connection.execute(delete(READINGS).where(mine, READINGS.c.at == tick))
            connection.execute(delete(READINGS).where(mine, READINGS.c.at < ticks(reading.at - KEPT)))
            connection.execute(
                insert(READINGS).values({"capstone": capstone, "at": tick, "processes": json.dumps(processes)})
            )

    def before(self, capstone: str, at: datetime, most: int) -> list[Reading]:
        """Return the newest readings before an instant, the oldest first."""
        mine = READINGS.c.capstone == capstone, READINGS.c.at < ticks(at)
        query = select(READINGS).where(*mine).order_by(READINGS.c.at.desc()).limit(most)
        return [Reading(instant(row.at), _processes(row.processes)) for row in reversed(self.rows(query))]


def _processes(text: str) -> dict[str, Counters]:
    """Return the counters of each process again. JSON has the bounds as text, and the largest as Infinity."""
    processes = json.loads(text)
    return {
        process: Counters(**{**kept, "within": {float(bound): count for bound, count in kept["within"].items()}})
        for process, kept in processes.items()
    }


def readings() -> Readings:
    """Return the readings of this profile."""
    return Readings(profile().database("circle"))
