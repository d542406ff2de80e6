"""`python -m pipelines.documents.batch FOLDER --out FOLDER`: reads every file of a folder, each once, through Ray Data.

`answers.jsonl` has a line per document that is read, `refused.jsonl` one per document that is not, with the reason. A
line is on the disk before the next documents are looked at, and a document that has one is not read again: after a
`kill -9` the same command goes on. Memory holds the path and the hash of every document of the folder, but the contents
and answers of a few alone: Ray hands out paths, and waits where answers are not taken.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from capstan.contract.model import Model
from capstan.errors import CapstanError, without_tracebacks
from capstan.ray_workers import start_ray
from models.files.limits import Refused
from models.text import personal_data
from pipelines.documents import files

TOGETHER = 8  # documents of a task
STORE = 200_000_000  # bytes of Ray's object store
ANSWERS, REFUSALS = "answers.jsonl", "refused.jsonl"

Key = tuple[str, str]  # a path in the folder, and the hash of what is there
Load = Callable[[], Model]


class Reader:
    """A worker of Ray, with the model."""

    def __init__(self, load: Load):
        self.model = load()

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return a line of JSON for each document: its answer, or why it is refused."""
        documents = zip(batch["root"], batch["path"], batch["sha256"], strict=True)
        return {"line": np.array([self.line(*document) for document in documents], dtype=object)}

    def line(self, root: str, path: str, sha256: str) -> str:
        """Return the answer of a document, or the reason why not. One that the code cannot read stops no other."""
        document: dict[str, object] = {"path": path, "sha256": sha256}
        try:
            text = personal_data.masked(files.text_of(Path(root, path).read_bytes()))
            answer = self.model.predict_columns({"text": [text]})
            return json.dumps(document | {"answer": {name: column[0] for name, column in answer.items()}})
        except (Refused, OSError) as error:
            return json.dumps(document | {"refused": str(error)})
        except Exception as error:
            return json.dumps(document | {"refused": f"Internal error: {type(error).__name__}: {error}"})


def run(folder: Path, out: Path, load: Load, version: str, workers: int = 1) -> dict[str, int]:
    """Read the documents of a folder that have no line in `out` yet, and return how many of all are of each kind.

    version: of the model that `load` returns; one output has one. Raises CapstanError where another run writes there.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _held(out, version), (out / ANSWERS).open("ab") as answers, (out / REFUSALS).open("ab") as refusals:
        done = {**_done(out / ANSWERS, "answered"), **_done(out / REFUSALS, "refused")}
        left = [key for key in _found(folder, out) if key not in done]
        for line in _lines(folder, left, load, workers):
            result = json.loads(line)
            kind = "refused" if "refused" in result else "answered"
            _write(refusals if kind == "refused" else answers, line)
            done[result["path"], result["sha256"]] = kind
    kinds = list(done.values())
    return {"documents": len(kinds), "answered": kinds.count("answered"), "refused": kinds.count("refused")}


def _found(folder: Path, out: Path) -> Iterator[Key]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and out.resolve() not in path.resolve().parents:
            with path.open("rb") as file:
                yield str(path.relative_to(folder)), hashlib.file_digest(file, "sha256").hexdigest()


def _lines(folder: Path, left: list[Key], load: Load, workers: int) -> Iterator[str]:
    """Return the lines of some documents, as Ray's workers make them."""
    if not left:
        return
    import ray
    import ray.data

    start_ray(cpus=workers, store=STORE)
    ray.data.DataContext.get_current().enable_progress_bars = False
    rows = [{"root": str(folder.resolve()), "path": path, "sha256": sha256} for path, sha256 in left]
    dataset = ray.data.from_items(rows, override_num_blocks=-(-len(rows) // TOGETHER)).map_batches(
        Reader,
        fn_constructor_args=(load,),
        batch_size=TOGETHER,
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    for batch in dataset.iter_batches(batch_size=None, prefetch_batches=1):
        yield from batch["line"]


def _write(file: BinaryIO, line: str) -> None:
    file.write(line.encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _done(path: Path, kind: str) -> dict[Key, str]:
    """Return the documents of a file, and cut off a last line that a kill left without its end."""
    done: dict[Key, str] = {}
    whole = 0
    with path.open("rb+") as file:
        for line in file:
            if line.endswith(b"\n"):
                whole += len(line)
                result = json.loads(line)
                done[result["path"], result["sha256"]] = kind
        file.truncate(whole)
    return done


@contextmanager
def _held(out: Path, version: str) -> Iterator[None]:
    """Hold an output for one run, with the version of the model that all its answers are of."""
    with (out / "version").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CapstanError(f"Another run writes to {out}. Wait for it, or take another folder.") from None
        file.seek(0)
        before = file.read().strip()
        if before not in ("", version):
            raise CapstanError(f"{out} has answers of version {before}, not {version}. Take another folder.")
        if not before:
            file.write(version)
            file.flush()
        yield


def main() -> None:
    """Read the documents of a folder."""
    from pipelines.documents import champion

    without_tracebacks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the folder for the answers")
    parser.add_argument("--workers", type=int, default=1, help="each has a model of its own, of half a gigabyte")
    options = parser.parse_args()
    if not options.folder.is_dir():
        raise CapstanError(f"{options.folder} is not a folder.")
    start = time.monotonic()
    counts = run(options.folder, options.out, champion.champion, champion.version(), options.workers)
    print(json.dumps(counts | {"seconds": round(time.monotonic() - start)}))


if __name__ == "__main__":
    main()
