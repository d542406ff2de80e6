"""Ingest: read a capstone's raw tables from their source."""

from pathlib import Path

from capstan.catalogue import load_task
from capstan.files import write_json, write_tables
from capstan.settings import settings


def ingest(capstone: str, tables: str, metrics: str) -> dict[str, int]:
    """Write the raw tables to the folder `tables`; return the rows of each and what the capstone counts."""
    task = load_task(capstone)
    loaded = task.load(settings().data_dir)
    write_tables(loaded, Path(tables))
    counts = {f"{name}_rows": len(frame) for name, frame in loaded.items()}
    return write_json(counts | task.count(loaded), metrics)
