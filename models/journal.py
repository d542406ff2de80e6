"""What was done with each text, who did it, when and why: an append-only file that a crash leaves whole.

SQLite writes each entry in a transaction and waits for the disk. Triggers refuse to change or delete an entry, and each
has the digest of the one before it, so that a file that was edited past the triggers is noticed.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from capstan.errors import CapstanError

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY, time TEXT NOT NULL, text_id TEXT NOT NULL, act TEXT NOT NULL, person TEXT NOT NULL,
    reason TEXT NOT NULL, more TEXT NOT NULL, digest TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries stay'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'entries stay'); END;
"""


class Entry(NamedTuple):
    """One act. more: what the act has of its own, such as the class that was decided."""

    number: int
    time: str
    text_id: str
    act: str
    person: str
    reason: str
    more: dict[str, Any]
    digest: str


class Journal:
    """The entries of a file, which several processes may add to."""

    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            database.executescript(f"PRAGMA journal_mode=WAL;{SCHEMA}")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous=FULL")
            yield database
        finally:
            database.close()

    def add(
        self,
        text_id: str,
        act: str,
        person: str,
        reason: str,
        more: dict[str, Any] | None = None,
        allowed: Callable[[list[Entry]], None] = lambda _: None,
    ) -> Entry:
        """Add an entry and return it, once it is on the disk. Raises CapstanError where it says nothing of who or why.

        allowed: gets the entries of the text so far, and raises where this one may not follow; nobody else writes
        between.
        """
        if not person.strip() or not reason.strip():
            raise CapstanError("Say who does it, and why.")
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                allowed(_read(database, text_id))
                last = database.execute("SELECT number, digest FROM entries ORDER BY number DESC LIMIT 1").fetchone()
                number, before = last or (0, "")
                now, told = datetime.now(UTC).isoformat(), json.dumps(more or {}, sort_keys=True)
                body = (number + 1, now, text_id, act, person.strip(), reason.strip(), told)
                digest = _digest(before, body)
                database.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*body, digest))
                database.execute("COMMIT")
            except BaseException:
                database.execute("ROLLBACK")
                raise
        return Entry(number + 1, now, text_id, act, person.strip(), reason.strip(), more or {}, digest)

    def entries(self, text_id: str | None = None) -> list[Entry]:
        """Return the entries, of one text or of all, in their order."""
        with self._open() as database:
            return _read(database, text_id)

    def verify(self) -> int:
        """Return the number of entries. Raises CapstanError where one was changed, or one in between is missing."""
        before = ""
        with self._open() as database:
            rows = database.execute("SELECT * FROM entries ORDER BY number").fetchall()
        for place, row in enumerate(rows, 1):
            if row[0] != place or row[7] != _digest(before, row[:7]):
                raise CapstanError(f"Entry {place} of {self.path} is not what was written. Restore it from a backup.")
            before = row[7]
        return len(rows)


def _read(database: sqlite3.Connection, text_id: str | None) -> list[Entry]:
    where, values = ("WHERE text_id = ?", (text_id,)) if text_id else ("", ())
    rows = database.execute(f"SELECT * FROM entries {where} ORDER BY number", values)
    return [
        Entry(number, time, text, act, person, reason, json.loads(more), digest)
        for number, time, text, act, person, reason, more, digest in rows
    ]


def _digest(before: str, body: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *body]).encode()).hexdigest()
