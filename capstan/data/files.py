"""Reading and writing what passes between steps: folders of parquet tables, JSON, digests."""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.data.batches import Batches, StoredBatches
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


class BatchWriter:
    """Writes batches to `folder/00000.parquet` and so on, in place of what is there. `rows` counts theirs."""

    def __init__(self, folder: Path | str):
        self.folder, self.rows, self._files = Path(folder), 0, 0
        shutil.rmtree(folder, ignore_errors=True)  # of a step that did not end

    def write(self, batch: "pd.DataFrame") -> None:
        """Write a batch, unless it is empty. A table without rows is written as an empty batch: it has the columns."""
        if len(batch) or not self._files:
            write_table(batch, self.folder / f"{self._files:05}.parquet")
            self.rows, self._files = self.rows + len(batch), self._files + bool(len(batch))


def write_tables(tables: Mapping[str, Any], folder: Path | str) -> dict[str, int]:
    """Write each DataFrame to `folder/NAME.parquet`, and `Batches` to the folder `folder/NAME`. Return their rows."""
    rows: dict[str, int] = {}
    for name, table in tables.items():
        if isinstance(table, Batches):
            writer = BatchWriter(Path(folder) / name)
            for batch in table:
                writer.write(batch)
            rows[name] = writer.rows
        else:
            write_table(table, Path(folder) / f"{name}.parquet")
            rows[name] = len(table)
    return rows


def read_tables(folder: Path | str) -> dict[str, Any]:
    """Return every table of a folder by name: a DataFrame, or `Batches` where it was written as such."""
    import pandas as pd

    return {path.stem: pd.read_parquet(path) for path in sorted(Path(folder).glob("*.parquet"))} | read_batches(folder)


def table_files(folder: Path | str, name: str) -> list[Path]:
    """Return the parquet files of a table in a folder: one, or those of its batches in order."""
    file = Path(folder) / f"{name}.parquet"
    return [file] if file.exists() else sorted((Path(folder) / name).glob("*.parquet"))


def read_batches(folder: Path | str) -> dict[str, StoredBatches]:
    """Return the tables of a folder that were written as batches, by name."""
    return {path.name: StoredBatches(path) for path in sorted(Path(folder).glob("*")) if path.is_dir()}


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


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder by its path in there, bytecode as well; of a file, its own as ""."""
    if not path.is_dir():
        return {"": sha256(path)}
    files = (file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): sha256(file) for file in files}


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
