"""Complete segments become parquet, one file for each model and day. Any step may be interrupted and done again."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from predictions.records import parse

log = logging.getLogger("serving")


def convert_all(root: Path) -> int:
    """Convert and remove every segment that no process writes, also those left by a crash; return how many.

    Raises the first error, a full disk say, after trying the others; a segment that failed is untouched.
    """
    done, problem = 0, None
    for path in segments(root):
        try:
            done += _convert_unless_written(path, root)
        except Exception as error:
            problem = problem or error
    if done:
        pa.default_memory_pool().release_unused()  # else a server keeps the memory of the largest segment for good
    if problem:
        raise problem
    return done


def _convert_unless_written(path: Path, root: Path) -> bool:
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if os.fstat(file.fileno()).st_nlink:  # else somebody converted it between our opening and our locking it
            convert(path.stem, file.read(), root)
            path.unlink()
            return True
    return False


def segments(root: Path) -> list[Path]:
    """Return the segments of the write-ahead log, oldest first."""
    return sorted((root / "wal").glob("[!.]*.jsonl"))


def convert(segment: str, data: bytes, root: Path) -> None:
    """Write the parquet files of a segment. They are on the disk when it returns."""
    table, bad = parse(data)
    if bad:
        _write(root / "quarantine" / f"{segment}.jsonl", lambda file: file.write(b"".join(bad)))
        log.error("%d lines of %s are no records; they are in %s.", len(bad), segment, root / "quarantine")
    for folder, rows in _partitions(table):
        _write(root / folder / f"{segment}.parquet", partial(pq.write_table, rows, compression="zstd"))


def _partitions(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    keyed = pa.table({"model": table["model"], "date": pc.cast(table["time"], pa.date32())})
    for key in keyed.group_by(["model", "date"]).aggregate([]).to_pylist():
        mine = pc.and_(pc.equal(keyed["model"], key["model"]), pc.equal(keyed["date"], key["date"]))
        yield f"model={key['model']}/date={key['date']}", table.filter(mine)


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a complete file or none. It is on the disk when this returns, because the segment is removed next."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.partial")
    try:
        with unfinished.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
