"""Tables that survive everything: SQLite on a laptop, PostgreSQL on a cluster. Each use is one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from capstan.errors import CapstanError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Select

TRIES = 5  # to make the tables
TURNS = Table("capstan_turns", MetaData(), Column("name", String(300), primary_key=True), Column("n", BigInteger))
# The writer of this row holds it until the transaction ends; in SQLite, the whole file.
TAKE_TURN = text(
    "INSERT INTO capstan_turns (name, n) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET n = capstan_turns.n + 1"
)
EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def ticks(instant: datetime) -> int:
    """Return an instant as both databases keep it exactly: microseconds since 1970."""
    return (instant - EPOCH) // TICK


def instant(ticks: int) -> datetime:
    """Return the instant again, in UTC."""
    return EPOCH + ticks * TICK


class Database:
    """Some tables at a URL of SQLAlchemy. Every method raises CapstanError when the database does not answer."""

    def __init__(self, url: str, schema: MetaData, what: str):
        """what: the plural for messages, such as "labels"."""
        self.url, self._what = url, what
        self._tables = [*schema.sorted_tables, TURNS]
        self._made = False

    def rows(self, query: "Select[Any]") -> Sequence[Any]:
        """Return the rows of a query. Reading makes no file."""
        if not self.is_there():
            return []
        with self.transaction() as connection:
            return connection.execute(query).all()

    def is_there(self) -> bool:
        """Return whether something may have been written."""
        path = make_url(self.url).database
        return not self.url.startswith("sqlite") or Path(path or "").exists()

    @contextmanager
    def transaction(self) -> "Iterator[Connection]":
        """Yield a connection whose work is committed at the end, or undone by an error."""
        try:
            engine = _engine(self.url)
            if not self._made:
                self._make(engine)
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            self._made = False  # the database may be a new one
            problem = getattr(error, "orig", None) or error
            message = (str(problem).splitlines() or [type(problem).__name__])[0]
            raise CapstanError(f"The {self._what} cannot be read or written: {message}.") from error

    def wipe(self) -> None:
        """Leave nothing on the disk of what was deleted. PostgreSQL does so by itself, later."""
        if not self.url.startswith("sqlite") or not self.is_there():
            return
        try:
            with _engine(self.url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM"))
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        except SQLAlchemyError as error:
            raise CapstanError(f"The {self._what} cannot be wiped: {error}. Erase again.") from error

    @contextmanager
    def exclusive(self, name: str) -> "Iterator[Connection]":
        """Yield the connection of a transaction that no other of this name runs next to; in SQLite, no other at all."""
        with self.transaction() as connection:
            connection.execute(TAKE_TURN, {"name": name})
            yield connection

    def _make(self, engine: "Engine") -> None:
        """Make the tables and indexes that are not there. Several processes may begin at the same time."""
        if engine.dialect.name == "sqlite" and engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(TRIES)):
            try:
                with engine.begin() as connection:
                    for part in self._missing(connection):
                        connection.execute(part)
                break
            except SQLAlchemyError:  # in PostgreSQL two may still collide
                if not left:
                    raise
        self._made = True

    def _missing(self, connection: "Connection") -> list[ExecutableDDLElement]:
        """Return what makes the tables and indexes that are not there. Who may make none may still use them."""
        schema, parts = inspect(connection), list[ExecutableDDLElement]()
        names = schema.get_table_names()  # the database may have tables of others, such as Feast's
        for table in self._tables:
            is_there = table.name in names
            parts += [] if is_there else [CreateTable(table, if_not_exists=True)]
            known = {index["name"] for index in schema.get_indexes(table.name)} if is_there else set()
            parts += [CreateIndex(index, if_not_exists=True) for index in table.indexes if index.name not in known]
        return parts

    def open_to(self, role: str, *rights: str) -> None:
        """Make the tables, and grant a role of PostgreSQL rights to them, if there is such a role.

        One after another: PostgreSQL refuses a grant while another changes the same table's rights.
        """
        with self.exclusive("rights") as connection:
            known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
            if connection.dialect.name != "postgresql" or not connection.execute(known, {"role": role}).first():
                return
            for table in self._tables:
                granted = ("SELECT", "INSERT", "UPDATE") if table is TURNS else ("SELECT", *rights)
                connection.execute(text(f"GRANT {', '.join(granted)} ON {table.name} TO {role}"))


@cache
def _engine(url: str) -> "Engine":
    sqlite = url.startswith("sqlite")
    engine = create_engine(url, pool_pre_ping=True, connect_args={} if sqlite else {"connect_timeout": 5})
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Let readers go on next to the writer, wait for another writer, and have each commit on the disk."""
    for setting in ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
