"""The parquet files of the prediction log: which of them count, and how several become one.

    model=NAME/date=YYYY-MM-DD/SEGMENT.parquet         a segment of the write-ahead log
    model=NAME/date=YYYY-MM-DD/merged-DIGEST.parquet   what became of some others, which it names in its metadata

A file never changes. What a merged file names has been replaced and does not count, whether it has been removed yet or
not, and even if it comes again. So any step may be interrupted, and readers see each row once.
"""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from capstan.data.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

    Keep = Callable[[pa.Table], pa.Table]

MERGED, REPLACES, SUFFIX = "merged-", b"capstan.replaces", ".parquet"
GROUP_ROWS = 50_000  # of a row group, at least: a look-up reads whole ones


def current(storage: Storage, keys: Sequence[str]) -> list[str]:
    """Return the files that count, of some folders' files: without those that a merged file has replaced."""
    kept: list[str] = []
    for _, group in groupby(sorted(keys), lambda key: key.rpartition("/")[0]):
        names = {key: stem(key) for key in group if is_whole(key)}
        gone: set[str] = set()
        if len(names) > 1:  # a day usually has one file that says so, or many that replace nothing
            gone = {name for key in names if names[key].startswith(MERGED) for name in replaced(storage, key)}
        kept += [key for key in names if names[key] not in gone]
    return kept


def replaced(storage: Storage, key: str) -> list[str]:
    """Return the names, without ending, of the files that a file has replaced."""
    import pyarrow.parquet as pq

    with storage.arrow().open_input_file(key) as file:
        known = pq.read_metadata(file).metadata or {}
    names: list[str] = json.loads(known.get(REPLACES, b"[]"))
    return names


def merge(storage: Storage, keys: Sequence[str], keep: "Keep | None" = None, reason: str = "") -> str:
    """Write one file in the place of some others of a folder, remove these, and return its key.

    keep: returns the rows of a table that stay; by default all. `reason` distinguishes one such file from another of
    the same files. The memory that it takes is that of some row groups.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = {stem(key) for key in keys}
    for key in keys:
        names |= set(replaced(storage, key))
    digest = sha256("\n".join([reason, *sorted(names)]).encode()).hexdigest()[:16]
    target = f"{keys[0].rpartition('/')[0]}/{MERGED}{digest}{SUFFIX}"
    files, writer, waiting = storage.arrow(), None, []
    with NamedTemporaryFile() as content:
        for key in keys:
            with files.open_input_file(key) as opened, pq.ParquetFile(opened) as file:
                if writer is None:
                    schema = file.schema_arrow.with_metadata({REPLACES: json.dumps(sorted(names)).encode()})
                    writer = pq.ParquetWriter(content, schema, compression="zstd")
                for number in range(file.num_row_groups):
                    table = file.read_row_group(number).cast(writer.schema)
                    waiting.append(keep(table) if keep else table)
                    if sum(map(len, waiting)) >= GROUP_ROWS:
                        writer.write_table(pa.concat_tables(waiting))
                        waiting = []
        assert writer
        writer.write_table(pa.concat_tables(waiting) if waiting else writer.schema.empty_table())
        writer.close()
        content.flush()
        storage.upload(Path(content.name), target)
    for key in keys:
        if key != target:
            storage.remove(key)
    return target


def stem(key: str) -> str:
    """Return the name of a file without its ending."""
    return key.rpartition("/")[2].removesuffix(SUFFIX)


def is_whole(key: str) -> bool:
    """Return whether a file is parquet, and complete."""
    name = key.rpartition("/")[2]
    return name.endswith(SUFFIX) and not name.startswith(".")


def day(key: str) -> str:
    """Return the day of a file, YYYY-MM-DD."""
    return key.rpartition("/date=")[2].partition("/")[0]
