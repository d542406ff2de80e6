"""An online store that fails."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def table_away(feast_home: Path) -> Iterator[None]:
    """The online store fails meanwhile."""
    _rename(feast_home, "tiny_aircraft", "away")
    try:
        yield
    finally:
        _rename(feast_home, "away", "tiny_aircraft")


def _rename(feast_home: Path, old: str, new: str) -> None:
    with closing(sqlite3.connect(feast_home / "online.db")) as database:
        database.execute(f"ALTER TABLE {old} RENAME TO {new}")
