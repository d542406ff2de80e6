"""Reading and writing what passes between steps: folders of parquet tables, JSON, digests."""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.errors import CapstanError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path, which replaces `path` at the end: a reader never sees half a file.

    Raises CapstanError when the disk is full or the folder cannot be written. After any error, `path` is as it was.
    """
    path = Path(path)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise CapstanError(f"{path} could not be written ({error}). Free space or set CAPSTAN_HOME.") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second path: a hard link, or a copy on another file system. Nothing may write to either."""
    with atomic_write(target) as partial:
        partial.unlink(missing_ok=True)  # of a process that was killed: a copy would write to what it links to
        try:
            partial.hardlink_to(source.resolve())
        except OSError:
            shutil.copyfile(source, partial)


def write_table(frame: "pd.DataFrame", path: Path | str) -> None:
    """Write a parquet file. Timestamps are in microseconds, which DuckDB 2 and Feast both read."""
    with atomic_write(path) as partial:
        frame.to_parquet(partial, index=False, coerce_timestamps="us", allow_truncated_timestamps=True)


def write_tables(tables: "dict[str, pd.DataFrame]", folder: Path | str) -> None:
    """Write each table to `folder/NAME.parquet`."""
    for name, frame in tables.items():
        write_table(frame, Path(folder) / f"{name}.parquet")


def read_tables(folder: Path | str) -> "dict[str, pd.DataFrame]":
    """Return every table of a folder by name."""
    import pandas as pd

    return {path.stem: pd.read_parquet(path) for path in sorted(Path(folder).glob("*.parquet"))}


def write_json(value: dict[str, Any], path: Path | str) -> dict[str, Any]:
    """Write JSON and return the value, so that a step can end with it."""
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(value, indent=2, default=float) + "\n")
    return value


def write_markdown_table(rows: list[dict[str, Any]], path: Path | str, before: str = "", after: str = "") -> None:
    """Write rows with the same columns as a Markdown table, between two paragraphs."""
    header = list(rows[0])
    body = [[f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    divider = ["---:" if isinstance(value, int | float) else "---" for value in rows[0].values()]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in [header, divider, *body])
    with atomic_write(path) as partial:
        partial.write_text("\n\n".join(part for part in (before, table, after) if part) + "\n")


def read_json(path: Path | str) -> dict[str, Any]:
    """Return the object in a JSON file."""
    content: dict[str, Any] = json.loads(Path(path).read_text())
    return content


def digest(*parts: Path | str) -> str:
    """Return the first 16 hex digits of the SHA-256 of texts, files and folders, without compiled modules."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode() + b"\0")
            continue
        for file in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if file.is_file() and file.parent.name != "__pycache__":  # Python leaves those where it imports from
                total.update(file.name.encode() + b"\0")
                with file.open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()[:16]
