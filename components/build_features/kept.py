"""What the last build left: its feature tables and training set, by month, and what they were made of.

A file has the digest of its content in its name, so none is ever replaced. A file with all names is written last: a
build that was killed leaves files that nothing names, and the next one removes them.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from capstan.contract.capstone import EVENT_TIMESTAMP
from capstan.data.files import digest
from capstan.data.storage import Storage

EMPTY = "none"  # the month of a table without rows


class Damaged(Exception):
    """A file of the last build is not there, or is not what was written."""


class Kept:
    """What a build left below a key. made_of: as it was given to `write`; empty where there is nothing."""

    def __init__(self, storage: Storage, folder: str):
        self._storage, self._folder = storage, folder
        try:
            held = json.loads(storage.read(self._index) or b"{}")
        except ValueError:
            held = {}
        self.made_of: dict[str, Any] = held.get("made_of", {})
        self._files: dict[str, dict[str, str]] = held.get("files", {})  # table -> month -> its file

    def tables(self) -> dict[str, pa.Table]:
        """Return every table, in order of time. Raises Damaged."""
        with TemporaryDirectory(prefix="capstan-kept-") as folder:
            return {
                name: pa.concat_tables([self._read(file, Path(folder, "part.parquet")) for file in files.values()])
                for name, files in self._files.items()
            }

    def write(self, tables: Mapping[str, pa.Table], made_of: dict[str, Any], since: datetime | None) -> None:
        """Replace all of it. since: the rows before this instant are those that are held already; None: no row is."""
        first = "" if since is None else f"{since:%Y-%m}"
        files = {name: self._write(name, table, first) for name, table in tables.items()}
        self._storage.write(self._index, json.dumps({"made_of": made_of, "files": files}).encode())
        used = {file for parts in files.values() for file in parts.values()}
        for key in self._storage.keys(self._folder):
            if key.endswith(".parquet") and key not in used:
                self._storage.remove(key)

    @property
    def _index(self) -> str:
        return f"{self._folder}/index.json"

    def _read(self, key: str, path: Path) -> pa.Table:
        if not self._storage.download(key, path) or digest(path) != Path(key).stem:
            raise Damaged(f"{key} is missing or damaged")
        return pq.read_table(path, memory_map=False)

    def _write(self, name: str, table: pa.Table, first: str) -> dict[str, str]:
        """Write the months of a table from one on; return the files of all."""
        held = self._files.get(name, {})
        files = {month: file for month, file in held.items() if month < first}
        with TemporaryDirectory(prefix="capstan-kept-") as folder:
            path = Path(folder, "part.parquet")
            for month, rows in _months(table):
                if month >= first:
                    pq.write_table(rows, path)
                    files[month] = f"{self._folder}/{name}/month={month}/{digest(path)}.parquet"
                    if files[month] != held.get(month):
                        self._storage.upload(path, files[month])
        return files


def moments(table: pa.Table) -> np.ndarray:
    """Return the times of rows, in UTC, shape (n,)."""
    times: np.ndarray = table[EVENT_TIMESTAMP].cast(pa.timestamp("us")).to_numpy()
    return times


def _months(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield each month of a table in order of time, such as 2013-06, and its rows; of an empty table, itself."""
    months = moments(table).astype("datetime64[M]")
    starts = np.flatnonzero(np.r_[True, months[1:] != months[:-1]]).tolist() if len(table) else []
    for start, end in pairwise([*starts, len(table)]):
        yield str(months[start]), table.slice(start, end - start)
    if not len(table):
        yield EMPTY, table
