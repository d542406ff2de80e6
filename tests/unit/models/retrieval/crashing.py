"""A writer that is killed with SIGKILL at each of its system calls, in turn, and what is on the disk then.

`python -m tests.unit.models.retrieval.crashing FOLDER` prints a JSON line per kill. Each runs in a fork of this
process.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from models.retrieval import manifest, queries
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.segment import Document
from models.retrieval.writer import LOCK, Writer

CALLS = ("open", "write", "fsync", "replace", "unlink")
WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
QUERY = queries.words("alpha gamma kappa", Analyzer())
COMMITS = [  # keys to add, keys to delete; later ones replace, delete, and make segments merge
    (range(0, 8), ()),
    (range(8, 10), (1, 2)),
    (range(3, 5), (9,)),
    ((), (0,)),
    (range(10, 16), (3, 12)),
]


def document(key: int, commit: int) -> Document:
    return Document(
        str(key), {"text": " ".join(WORDS[(key * 7 + commit * 3 + place * place) % 10] for place in range(6 + key % 5))}
    )


def work(folder: Path, tell: Callable[[], object]) -> None:
    """Make all commits, and report each after it has returned."""
    with Writer(folder) as writer:
        for number, (added, deleted) in enumerate(COMMITS, 1):
            for key in added:
                writer.add(document(key, number))
            for key in deleted:
                writer.delete(str(key))
            assert writer.commit() == number
            tell()


def killed_at(number: int, when: str) -> None:
    """Let the n-th of the calls of this process end it: before it happens, in the middle of a write, or after it."""
    done = 0

    def counted(name, call):
        def replacement(*args, **options):
            nonlocal done
            done += 1
            if done == number and when == "half" and name == "write":
                call(args[0], bytes(args[1])[: len(args[1]) // 2])
            if done == number and when != "after":
                os.kill(os.getpid(), signal.SIGKILL)
            result = call(*args, **options)
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return replacement

    for name in CALLS:
        setattr(os, name, counted(name, getattr(os, name)))


def expected(scratch: Path) -> list[list[tuple[str, float]]]:
    """Return what is found after each number of commits, by an index that was made at once of what there is."""
    now: dict[str, Document] = {}
    states = [[]]
    for number, (added, deleted) in enumerate(COMMITS, 1):
        for key in added:
            now.pop(str(key), None)
            now[str(key)] = document(key, number)
        for key in deleted:
            now.pop(str(key), None)
        folder = scratch / f"fresh-{number}"
        with Writer(folder) as writer:
            for paper in now.values():
                writer.add(paper)
            writer.commit()
        states.append(found(folder))
    return states


def found(folder: Path) -> list[tuple[str, float]]:
    return [(hit.key, hit.score) for hit in Index(folder).search(QUERY, 100)]


def run(folder: Path, number: int, when: str) -> tuple[bool, int]:
    """Return whether a fork was killed, and how many commits it had reported."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        told = partial(os.write, write, b".")
        killed_at(number, when)
        work(folder, told)
        os._exit(0)
    os.close(write)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(read, "rb") as pipe:
        told = len(pipe.read())
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work failed"
    return os.WIFSIGNALED(status), told


def state(folder: Path, states: list[list[tuple[str, float]]]) -> dict[str, object]:
    """Return what is on the disk, and whether a writer can go on."""
    there = (folder / manifest.FILE).exists()
    commits = manifest.read(folder).commits if there else 0
    whole = found(folder) == states[commits] if there else commits == 0
    with Writer(folder) as writer:
        named = writer.manifest.files() | {manifest.FILE, LOCK}
        strays = len({path.name for path in folder.iterdir()} - named)
        writer.add(Document("new", {"text": "alpha kappa"}))
        writer.commit()
    after = [pair[0] for pair in found(folder)]
    goes_on = "new" in after and {*after} - {"new"} == {key for key, _ in states[commits]}
    return {"commits": commits, "whole": whole, "goes_on": goes_on, "strays": strays}


def main() -> None:
    os.fsync = lambda descriptor: None  # a kill loses nothing that the kernel has: waiting for the disk takes a minute
    states = expected(Path(sys.argv[1]))
    for number in count(1):
        for when in ("before", "half", "after"):
            folder = Path(sys.argv[1]) / f"{number}-{when}"
            killed, told = run(folder, number, when)
            if not killed:
                return
            print(json.dumps({"at": f"{when} {number}", "told": told} | state(folder, states)), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
