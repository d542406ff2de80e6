"""Ingest: read a capstone's raw tables from their source."""

from capstan.catalogue import load
from capstan.data.files import read_batches, write_json, write_tables
from capstan.errors import CapstanError
from capstan.settings import settings


def ingest(capstone: str, tables: str, metrics: str) -> dict[str, float]:
    """Write the raw tables to the folder `tables`. Return their numbers of rows and what the capstone counts.

    Raises CapstanError when a table has no rows.
    """
    task = load(capstone)
    loaded = task.load(settings().data_dir)
    rows = write_tables(loaded, tables)
    if empty := [name for name, number in rows.items() if not number]:
        raise CapstanError(f"The table {empty[0]} of {capstone} has no rows. Replace its source.")
    loaded = loaded | read_batches(tables)  # which are read again from here, and not from their source
    counts = {f"{name}_rows": number for name, number in rows.items()}
    return write_json(counts | (task.count(loaded) if task.count else {}), metrics)
