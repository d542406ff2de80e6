"""Where the parts of a join are kept while it runs: parquet files in a directory, or below an s3:// address."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from feast import FileSource

from .. import sources, writes
from ..scan import parquet_rows

ROWS = 50_000  # of a row group: rows are sorted by time, so a slice of time reads some of them


@dataclass(frozen=True)
class Scratch:
    """A directory, and what DuckDB may use in one task. It is sent to the workers."""

    location: str
    endpoint: str | None
    memory_limit: str
    threads: int = 1

    def write(self, table: pa.Table, name: str) -> str:
        """Write a table, and return the path of its file. A file of this name is replaced."""
        path = f"{self.location}/{name}.parquet"
        filesystem, target = writes.locate(path, self.endpoint)
        filesystem.create_dir(target.rsplit("/", 1)[0])
        pq.write_table(table, target, row_group_size=ROWS, filesystem=filesystem)
        return path

    def write_parts(self, table: pa.Table, part: str, name: str) -> dict[int, tuple[str, int]]:
        """Write the rows of each part, and return its file and its number of rows.

        Args:
            table: sorted by `part`, a column of numbers from 0 on that is not written.
            name: of the files, with a place {part}.
        """
        numbers, rows = table[part].to_numpy(), table.drop_columns([part])
        starts = np.flatnonzero(np.diff(numbers, prepend=-1)).tolist()
        files = {}
        for start, end in pairwise([*starts, len(numbers)]):
            number = int(numbers[start])
            files[number] = self.write(rows.slice(start, end - start), name.format(part=number)), end - start
        return files

    def read(self, paths: Sequence[str]) -> str:
        """Return a DuckDB table expression of files."""
        return parquet_rows(paths)

    def table(self, path: str) -> pa.Table:
        """Return the rows of a file."""
        filesystem, target = writes.locate(path, self.endpoint)
        return pq.read_table(target, filesystem=filesystem)

    def open(self, connection: DuckDBPyConnection) -> DuckDBPyConnection:
        """Let a connection read the files."""
        if self.location.startswith("s3://"):
            source = FileSource(path=self.location, s3_endpoint_override=self.endpoint or "")
            sources.use_s3(connection, source)
        return connection

    def remove(self) -> None:
        """Remove everything."""
        filesystem, target = writes.locate(self.location, self.endpoint)
        filesystem.delete_dir(target)


def arrow(connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """Return the result of a query."""
    return connection.sql(query).to_arrow_table()
