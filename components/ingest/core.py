"""Ingest: read a capstone's raw tables from their source."""

from pathlib import Path

from capstan.catalogue import load
from capstan.errors import CapstanError
from capstan.files import write_json, write_tables
from capstan.settings import settings


def ingest(capstone: str, tables: str, metrics: str) -> dict[str, float]:
    """Write the raw tables to the folder `tables`. Return their numbers of rows and what the capstone counts.

    Raises CapstanError when a table has no rows.
    """
    task = load(capstone)
    loaded = task.load(settings().data_dir)
    for name, frame in loaded.items():
        if frame.empty:
            raise CapstanError(f"The table {name} of {capstone} has no rows. Replace its source.")
    write_tables(loaded, Path(tables))
    counts = {f"{name}_rows": len(frame) for name, frame in loaded.items()}
    count = task.count
    return write_json(counts | (count(loaded) if count else {}), metrics)
