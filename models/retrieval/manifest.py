"""Which files an index consists of: `manifest.json`, which a commit replaces at once. No other file ever changes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models.retrieval import files
from models.retrieval.analysis import Analyzer

FILE = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """segments: name of each file, and of the file with what is deleted of it, or None. commits: how many there were.

    next: the number of the next file. Names never come again, so that a reader never sees another file of its name.
    """

    fields: tuple[str, ...]
    analyzer: Analyzer
    segments: tuple[tuple[str, str | None], ...] = ()
    commits: int = 0
    next: int = 1

    def files(self) -> set[str]:
        """Return the names of all files that count."""
        return {name for pair in self.segments for name in pair if name}


def read(folder: Path) -> Manifest:
    """Return the manifest of a folder. Raises FileNotFoundError where there is no index."""
    content = json.loads((folder / FILE).read_text())
    content["segments"] = tuple((name, deleted) for name, deleted in content["segments"])
    return Manifest(**content | {"fields": tuple(content["fields"]), "analyzer": Analyzer(**content["analyzer"])})


def write(manifest: Manifest, folder: Path) -> None:
    """Replace the manifest: from the return on, the disk has the new one."""
    files.write(folder / FILE, json.dumps(asdict(manifest)).encode())


def alive(folder: Path, deleted: str | None, documents: int) -> np.ndarray:
    """Return which documents of a segment are not deleted, booleans, shape (documents,)."""
    if deleted is None:
        return np.ones(documents, bool)
    bits = files.unpack(folder / deleted)["alive"]
    return np.unpackbits(bits, count=documents).astype(bool)


def write_alive(folder: Path, name: str, alive: np.ndarray) -> None:
    """Write which documents of a segment are not deleted."""
    files.write(folder / name, files.pack({"alive": np.packbits(alive)}))
