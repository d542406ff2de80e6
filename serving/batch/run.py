"""Scores a table: its pieces go to the workers of Ray through Ray Data, or one after the other to this process."""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings
from capstan.versions import registry
from predictions import convert, upload
from predictions.tables.plain_columns import is_index
from serving.batch import pieces
from serving.batch.output import Output
from serving.batch.pieces import Piece
from serving.batch.places import find, opened
from serving.batch.reading import read
from serving.batch.scorer import BatchScorer

if TYPE_CHECKING:
    import numpy as np

STORE = 200_000_000  # bytes of Ray's object store: pieces go through files
SMALL = 1_000  # rows: this process has done them before Ray has started


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector away, and let it collect what is new at the end.

    A piece makes millions of objects that live until it is written. Looking through them for cycles, again and again,
    took a quarter of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(0)


class Worker:
    """Does pieces, with one version in memory."""

    def __init__(self, name: str, version: str, keep: Sequence[str], output: Output, began: datetime, log: str):
        """log: the name of this batch in the prediction log, "" where it has no part in it."""
        self.version = (name, version, keep, bool(log))
        self.output, self.began, self.log = output, began, log

    @cached_property
    def scorer(self) -> BatchScorer:
        """The version, loaded with the first piece."""
        return BatchScorer(*self.version)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        """Do some pieces, as Ray Data hands them over, and return how many rows of each were answered and refused.

        What goes wrong is returned as well: of an exception Ray would leave the text, in sixty lines.
        """
        counts, problems = list[tuple[int, int]](), list[str]()
        for number, piece in zip(batch["number"], map(Piece.of, batch["piece"]), strict=True):
            try:
                counts.append(self.do(number, piece))
                problems.append("")
            except CapstanError as error:
                counts.append((0, 0))
                problems.append(str(error))
        answered, refused = zip(*counts, strict=True)
        return {"answered": list(answered), "refused": list(refused), "problem": problems}

    @uncollected()
    def do(self, number: int, piece: Piece) -> tuple[int, int]:
        """Score a piece and write what becomes of it. Raises CapstanError, which names the piece."""
        import pyarrow as pa

        scorer = self.scorer
        files, target = opened(piece.path)
        tables, refused, lines = [], list[dict[str, Any]](), list[bytes]()
        try:
            for rows in read(piece, files, target, scorer.request, scorer.keep):
                scored = scorer.score(rows, self.began)
                tables.append(scored.table)
                refused += [{"file": piece.path} | row for row in scored.refused]
                lines.append(scored.log)
        except Exception as error:
            word = "row" if piece.kind == "parquet" else "line"
            raise CapstanError(f"{piece.path}, from {word} {piece.row} on: {type(error).__name__}: {error}") from error
        table = pa.concat_tables(tables)
        self.output.refuse(number, refused)
        if self.log and len(table):
            logged(f"{self.log}-{number:05}", b"".join(lines))
        self.output.finish(number, table)  # last: it says that the piece is done
        return len(table), len(refused)


def logged(segment: str, lines: bytes) -> None:
    """Write a segment of the prediction log. Written again, it takes the place of itself."""
    own = settings()
    if own.profile == "cluster":
        with TemporaryDirectory() as folder:
            convert.convert(segment, lines, Path(folder))
            upload.upload_all(Path(folder), profile().storage())
    else:
        convert.convert(segment, lines, own.predictions_dir or own.home / "predictions")


def found(location: str) -> tuple[list[Piece], int]:
    """Return the pieces of a file, or of all files below a folder; and how many links were left out.

    Raises CapstanError where there is none, or one cannot be read.
    """
    try:
        files = find(location)
    except FileNotFoundError:
        raise CapstanError(f"{location} is not there.") from None
    except OSError as error:
        raise CapstanError(f"{location} cannot be read: {error}") from None
    parts = [piece for path, partitions in files.files for piece in pieces.cut(path, *opened(path), partitions)]
    if not parts:
        raise CapstanError(f"{location} has no files.")
    return parts, files.links


def score(
    name: str,
    location: str,
    output: str,
    version: str = "",
    keep: Sequence[str] = (),
    log: bool = False,
    workers: int | None = None,
) -> dict[str, Any]:
    """Score a table, or go on with it, and return what was done: the version, pieces, rows answered and refused.

    version: by default the champion; a batch that goes on keeps its version. log: whether predictions join the
    prediction log. workers: of Ray; 0 scores in this process, None has one for each core unless the input is small.
    """
    parts, links = found(location)
    to = Output(output)
    known = to.record()  # a batch that goes on keeps its version, whatever the champion is by now
    version = version or (known["doing"]["version"] if known else registry.champion(name).version)
    registry.known_version(name, version)
    began, batch = to.begin({"capstone": name, "version": version, "keep": list(keep), "log": log,
                             "pieces": [piece.asdict() for piece in parts]})  # fmt: skip
    done = to.done()
    left = [(number, piece) for number, piece in enumerate(parts) if number not in done]
    arguments = (name, version, keep, to, began, f"batch-{batch}" if log else "")
    if workers is None:
        workers = 0 if _is_small(parts) else os.cpu_count() or 1
    answered = refused = 0
    for more in counts(left, arguments, workers):
        answered, refused = answered + more[0], refused + more[1]
    indices = sorted({column for piece in parts for column in piece.header if is_index(column)})
    return {
        "version": version, "pieces": len(parts), "done before": len(done), "answered": answered, "refused": refused,
        "left out": {"columns": indices, "links": links},
    }  # fmt: skip


def _is_small(parts: list[Piece]) -> bool:
    """Return whether starting Ray takes longer than the rows."""
    texts = sum(piece.end - piece.start for piece in parts if piece.kind != "parquet")
    return texts < pieces.BYTES and sum(piece.rows for piece in parts) < SMALL


def counts(left: list[tuple[int, Piece]], arguments: tuple[Any, ...], workers: int) -> Iterator[tuple[int, int]]:
    """Yield the rows that were answered and refused, as pieces get done."""
    if not left:
        return
    if not workers:
        worker = Worker(*arguments)
        for number, piece in left:
            yield worker.do(number, piece)
        return
    import ray.data

    from capstan.ray_workers import start_ray

    warnings.filterwarnings("ignore", category=DeprecationWarning, module="ray")  # of its own settings
    start_ray(cpus=workers, store=STORE)
    ray.data.DataContext.get_current().enable_progress_bars = False
    for name in ("ray.data", "ray._private.arrow_utils"):  # plans and settings, between the words of a command
        logging.getLogger(name).setLevel(logging.ERROR)
    rows = [{"number": number, "piece": piece.text()} for number, piece in left]
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Worker,
        fn_constructor_args=arguments,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(rows))),
        num_cpus=1,
    )
    for batch in dataset.iter_batches(batch_size=None, prefetch_batches=1):
        for answered, refused, problem in zip(batch["answered"], batch["refused"], batch["problem"], strict=True):
            if problem:
                raise CapstanError(problem)
            yield int(answered), int(refused)
