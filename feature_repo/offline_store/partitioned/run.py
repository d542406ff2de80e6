"""A retrieval that no process holds: entity rows in chunks, large views in parts by key, a Ray task for each.

1. The entity rows are written in chunks of equal length.
2. Chunks, and stretches of each large source, are split by a hash of the key.
3. Each part is joined. One with too many rows, such as that of a very frequent key, is joined in slices of time.
4. Each chunk of the entity rows gets the features of its rows. Views without a key, and small ones, are joined here.

All that passes between tasks are files. The result equals that of one process, row for row.
"""

import math
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from .. import entities, sources, sql
from ..entities import EntityRows
from ..retrieval import HistoricalRetrieval
from .join import Slice, assemble, boundaries, join_part
from .scratch import Scratch
from .split import Files, Keys, Stretch, View, comparable, split_entities, split_source
from .workers import run

BYTES = 64  # of a task's memory for each value of a row: what a join in DuckDB needs, with a margin
BATCH = 100_000  # entity rows of a query that are read at once
OVERHEAD = 8  # columns of a row next to its keys and features

Inputs = list[tuple[sql.Rows, dict[str, str]]]


@dataclass
class Chunks:
    """The entity rows, in files of `size` rows. first, last: the least and the greatest moment."""

    size: int
    paths: list[str] = field(default_factory=list)
    rows: int = 0
    first: int | None = None
    last: int | None = None
    timestamp_field: str = ""

    def add(self, scratch: Scratch, rows: EntityRows) -> None:
        """Write one more."""
        self.paths.append(scratch.write(rows.table, f"chunks/{len(self.paths):05}"))
        self.rows, self.timestamp_field = self.rows + rows.table.num_rows, rows.timestamp_field
        moments = pc.min_max(rows.times).as_py()
        if moments["min"] is not None:
            self.first = min(moments["min"], moments["min"] if self.first is None else self.first)
            self.last = max(moments["max"], moments["max"] if self.last is None else self.last)


class PartitionedRetrieval:
    """A call of get_historical_features on Ray. retrieval: has checked its arguments."""

    def __init__(self, retrieval: HistoricalRetrieval):
        self.retrieval, self.settings = retrieval, retrieval.config.offline_store

    def tables(self, timeout: float | None = None) -> Iterator[pa.Table]:
        """Yield the result in its order, a chunk of the entity rows at a time; at least one."""
        deadline = None if timeout is None else monotonic() + timeout
        with self._scratch() as scratch:
            for path in self._run(scratch, deadline):
                yield scratch.table(path)

    def _run(self, scratch: Scratch, deadline: float | None) -> list[str]:
        with sources.connect(self.settings) as connection:
            inputs = self.retrieval.inputs(connection)
            chunks = self._chunks(connection, scratch, inputs)
            bounds = [(sql.earliest_of(chunks.first or 0, view.ttl), chunks.last or 0) for view in self.retrieval.views]
            counts = [
                sources.counts(connection, rows.scan, *of_view)
                for (rows, _), of_view in zip(inputs, bounds, strict=True)
            ]
        views = [
            View(f"{number}", view.source, self.retrieval.config.repo_path, rows, view.ttl, value_types(rows, types))
            for number, (view, (rows, types)) in enumerate(zip(self.retrieval.views, inputs, strict=True))
        ]
        # A source is large where it does not fit into one task next to a chunk.
        large = [
            number for number, files in enumerate(counts) if sum(files) > chunks.size and views[number].rows.join_keys
        ]
        keys = self._keys(large, inputs, [sum(files) for files in counts], chunks)
        split = run(split_entities, [
            (scratch, path, chunks.timestamp_field, number, number * chunks.size, list(set(keys.values())))
            for number, path in enumerate(chunks.paths)
        ], deadline) if large else []  # fmt: skip
        joined: dict[int, list[list[str]]] = {}
        for number in large:
            asked = merged(parts[keys[number].name] for parts in split)
            stretches = stretched(counts[number], chunks.size)
            stored = merged(run(split_source, [
                (scratch, views[number], stretch, keys[number], bounds[number]) for stretch in stretches
            ], deadline))  # fmt: skip
            joined[number] = self._joined(scratch, views[number], asked, stored, chunks, deadline)
        return run(assemble, [
            (
                scratch, path, chunks.timestamp_field, views,
                [list(view.join_keys) for view in self.retrieval.views],
                [list(view.features) for view in self.retrieval.views],
                [joined[number][chunk] if number in joined else None for number in range(len(views))],
                chunk * chunks.size, f"result/{chunk:05}",
            )
            for chunk, path in enumerate(chunks.paths)
        ], deadline)  # fmt: skip

    def _chunks(self, connection: DuckDBPyConnection, scratch: Scratch, inputs: Inputs) -> Chunks:
        """Write the entity rows, and check them."""
        source = self.retrieval.entities
        if isinstance(source, EntityRows):
            schema, batches = source.table.schema, iter(source.table.to_batches())
        else:
            reader = connection.sql(self.retrieval.entity_query(inputs)).to_arrow_reader(BATCH)
            schema, batches = reader.schema, iter(reader)
        width = len(schema) + max([len(rows.join_keys) + len(rows.values) for rows, _ in inputs], default=0)
        fits = max(self.settings.task_memory_mb * 2**20 // (BYTES * (OVERHEAD + width)), 1)
        chunks = Chunks(self.settings.task_rows or fits)
        for table in regrouped(schema, batches, chunks.size):
            rows = (
                EntityRows(table, source.timestamp_field)
                if isinstance(source, EntityRows)
                else entities.from_arrow(table)
            )
            self.retrieval.check(rows, inputs, chunks.rows)
            chunks.add(scratch, rows)
        return chunks

    def _keys(self, large: list[int], inputs: Inputs, counts: list[int], chunks: Chunks) -> dict[int, Keys]:
        """Return by which keys each large view is split. Views with the same ones share what is split by them."""
        sharing = defaultdict(list)
        for number in large:
            rows, types = inputs[number]
            columns = list(self.retrieval.views[number].join_keys)
            sharing[tuple(columns), tuple(comparable(types[key]) for key in rows.join_keys)].append(number)
        return {
            number: Keys(
                f"{place}",
                columns,
                types,
                math.ceil((chunks.rows + max(counts[view] for view in numbers)) / chunks.size),
            )
            for place, ((columns, types), numbers) in enumerate(sharing.items())
            for number in numbers
        }

    def _joined(
        self, scratch: Scratch, view: View, asked: dict[int, list[tuple[str, int]]],
        stored: dict[int, list[tuple[str, int]]], chunks: Chunks, deadline: float | None,
    ) -> list[list[str]]:  # fmt: skip
        """Join all parts that have rows of both kinds, and return the files with the features of each chunk."""
        parts = [
            (part, [path for path, _ in asked[part]], [path for path, _ in stored[part]],
             math.ceil(sum(count for _, count in asked[part] + stored[part]) / chunks.size))
            for part in sorted(asked.keys() & stored.keys())
        ]  # fmt: skip
        frequent = [part for part in parts if part[-1] > 1]
        cut = run(boundaries, [(scratch, *part[1:]) for part in frequent], deadline)
        slices: dict[int, list[Slice]] = dict(zip((part[0] for part in frequent), cut, strict=True))
        results = merged(run(join_part, [
            (scratch, view, entity_files, source_files, within, chunks.size, f"{part:05}-{place:03}")
            for part, entity_files, source_files, _ in parts
            for place, within in enumerate(slices.get(part, [(None, None)]))
        ], deadline))  # fmt: skip
        return [[path for path, _ in results.get(chunk, [])] for chunk in range(len(chunks.paths))]

    @contextmanager
    def _scratch(self) -> Iterator[Scratch]:
        memory = f"{self.settings.task_memory_mb}MiB"
        location, endpoint = self.settings.scratch_location, self.settings.scratch_location_endpoint_override
        if location is None:
            with tempfile.TemporaryDirectory(prefix="asof-parts-") as folder:
                yield Scratch(folder, None, memory)
            return
        scratch = Scratch(f"{location.rstrip('/')}/{uuid.uuid4().hex}", endpoint, memory)
        try:
            yield scratch
        finally:
            scratch.remove()


def value_types(rows: sql.Rows, types: dict[str, str]) -> list[str]:
    """Return the types of the features."""
    return [types[column] for column in rows.values]


def stretched(files: list[int], size: int) -> list[Stretch]:
    """Return stretches of at most `size` rows of the files of a source. files: how many rows each has."""
    places = [
        (file, first, min(first + size, rows) - 1) for file, rows in enumerate(files) for first in range(0, rows, size)
    ]
    return [Stretch(number, *place) for number, place in enumerate(places)]


def merged(parts: Iterator[Files] | list[Files]) -> dict[int, list[tuple[str, int]]]:
    """Return all files of each part."""
    by_part: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for files in parts:
        for part, file in files.items():
            by_part[part].append(file)
    return by_part


def regrouped(schema: pa.Schema, batches: Iterator[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """Yield the rows of batches in tables of `size` rows, the last one with fewer; at least one."""
    waiting: list[pa.RecordBatch] = []
    count, yielded = 0, 0
    for batch in batches:
        while count + batch.num_rows >= size:
            yield pa.Table.from_batches([*waiting, batch.slice(0, size - count)], schema)
            batch, waiting, count, yielded = batch.slice(size - count), [], 0, yielded + 1
        waiting.append(batch)
        count += batch.num_rows
    if count or not yielded:
        yield pa.Table.from_batches(waiting, schema)
