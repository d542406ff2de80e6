"""Scores a table: its pieces go to the workers of Ray through Ray Data, or one after the other to this process."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings
from capstan.versions import registry
from feature_repo.offline_store.listing import data_files
from predictions import convert, upload
from serving.batch import pieces
from serving.batch.output import Output
from serving.batch.pieces import Piece
from serving.batch.places import opened
from serving.batch.scorer import BatchScorer

if TYPE_CHECKING:
    import numpy as np

STORE = 200_000_000  # bytes of Ray's object store: pieces go through files


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
        self.scorer = BatchScorer(name, version, keep, bool(log))
        self.output, self.began, self.log = output, began, log

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        """Do some pieces, as Ray Data hands them over, and return how many rows of each were answered and refused."""
        given = zip(batch["number"], map(Piece.of, batch["piece"]), strict=True)
        made = [self.do(number, piece) for number, piece in given]
        return {"answered": [one[0] for one in made], "refused": [one[1] for one in made]}

    @uncollected()
    def do(self, number: int, piece: Piece) -> tuple[int, int]:
        """Score a piece and write what becomes of it. Raises CapstanError, which names the piece."""
        import pyarrow as pa

        files, target = opened(piece.path)
        tables, refused, lines = [], list[dict[str, Any]](), list[bytes]()
        try:
            for rows in pieces.read(piece, files, target, self.scorer.request):
                scored = self.scorer.score(rows, self.began)
                tables.append(scored.table)
                refused += [{"file": piece.path} | one for one in scored.refused]
                lines.append(scored.log)
        except Exception as error:
            raise CapstanError(f"{piece.path}, from row {piece.row} on: {type(error).__name__}: {error}") from error
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


def found(location: str) -> list[Piece]:
    """Return the pieces of a file, or of all files below a folder. Raises CapstanError where there is none."""
    from pyarrow.fs import FileType

    files, target = opened(location)
    kind = files.get_file_info(target).type
    if kind == FileType.NotFound:
        raise CapstanError(f"{location} is not there.")
    targets = data_files(files, target) if kind == FileType.Directory else [target]
    scheme = "s3://" if location.startswith("s3://") else ""
    made = [piece for one in targets for piece in pieces.cut(scheme + one, files, one)]
    if not made:
        raise CapstanError(f"{location} has no rows.")
    return made


def score(
    name: str,
    location: str,
    output: str,
    version: str = "",
    keep: Sequence[str] = (),
    log: bool = False,
    workers: int = 0,
) -> dict[str, Any]:
    """Score a table, or go on with it, and return what was done: the version, pieces, rows answered and refused.

    version: by default the champion; a batch that goes on keeps its version. log: whether predictions join the
    prediction log. workers: of Ray; 0 scores in this process.
    """
    parts = found(location)
    to = Output(output)
    known = to.record()  # a batch that goes on keeps its version, whatever the champion is by now
    version = version or (known["doing"]["version"] if known else registry.champion(name).version)
    began, batch = to.begin({"capstone": name, "version": version, "keep": list(keep), "log": log,
                             "pieces": [piece.asdict() for piece in parts]})  # fmt: skip
    done = to.done()
    left = [(number, piece) for number, piece in enumerate(parts) if number not in done]
    arguments = (name, version, keep, to, began, f"batch-{batch}" if log else "")
    answered = refused = 0
    for more in _counts(left, arguments, workers):
        answered, refused = answered + more[0], refused + more[1]
    return {
        "version": version, "pieces": len(parts), "done before": len(done), "answered": answered, "refused": refused,
    }  # fmt: skip


def _counts(left: list[tuple[int, Piece]], arguments: tuple[Any, ...], workers: int) -> Iterator[tuple[int, int]]:
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
        yield from zip(map(int, batch["answered"]), map(int, batch["refused"]), strict=True)
