"""Changes of an index: what is added or deleted counts from the commit on, all of it at once.

When `commit` returns, the disk has the change, whatever happens then. Before, a reader and the next writer see the
index as the commit before left it: a process that dies in between leaves files that nothing names, and the next writer
removes them. Segments are merged when the newer one has half as many documents as the one before it, so that there are
few, and each document is written a logarithmic number of times.
Source: O'Neil et al., "The log-structured merge-tree" (1996).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np

from models.retrieval import files, manifest, segment
from models.retrieval.analysis import Analyzer
from models.retrieval.manifest import Manifest
from models.retrieval.segment import Document, Segment

LOCK = "lock"


class BusyError(Exception):
    """Another process writes to the index."""


@dataclass(frozen=True)
class Part:
    """A segment, and which of its documents are not deleted: in the files that are named, and read."""

    name: str
    deleted: str | None
    segment: Segment
    alive: np.ndarray


class Writer:
    """Writes to a folder, alone. A new folder gets `fields` and `analyzer`; an index that is there keeps its own.

    Raises BusyError while another process writes there.
    """

    def __init__(self, folder: Path, fields: Sequence[str] = ("text",), analyzer: Analyzer | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self.lock)
            raise BusyError(f"Another process writes to {folder}.") from error
        if not (folder / manifest.FILE).exists():
            manifest.write(Manifest(tuple(fields), analyzer or Analyzer()), folder)
        self.manifest = manifest.read(folder)
        self.next = self.manifest.next
        self.added: dict[str, Document] = {}
        self.segments = [Segment(folder / name) for name, _ in self.manifest.segments]
        self.alive = [
            manifest.alive(folder, deleted, len(part.keys))
            for part, (_, deleted) in zip(self.segments, self.manifest.segments, strict=True)
        ]
        self.changed: set[int] = set()
        self._clean()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let others write. What was not committed is forgotten."""
        os.close(self.lock)

    def add(self, document: Document) -> None:
        """Add a document, in the place of one with its key."""
        self.delete(document.key)
        self.added[document.key] = document

    def delete(self, key: str) -> bool:
        """Delete a document. Return whether there was one."""
        found = self.added.pop(key, None) is not None
        for place, (part, alive) in enumerate(zip(self.segments, self.alive, strict=True)):
            number = part.documents.get(key)
            if number is not None and alive[number]:
                alive[number] = False
                self.changed.add(place)
                found = True
        return found

    def commit(self, merge_all: bool = False) -> int:
        """Make the changes count, and return the number of commits so far.

        merge_all: leave at most one segment, in which nothing of what was deleted is.
        After an OSError, such as of a full disk, the disk has the commit before or this one, and it may be tried again.
        """
        now = self.manifest
        parts = [
            Part(name, deleted, opened, alive)
            for (name, deleted), opened, alive in zip(now.segments, self.segments, self.alive, strict=True)
        ]
        for place in sorted(self.changed):
            deleted = self._name("deleted")
            manifest.write_alive(self.folder, deleted, self.alive[place])
            parts[place] = replace(parts[place], deleted=deleted)
        if self.added:
            self._append(parts, segment.collected(list(self.added.values()), now.fields, now.analyzer))
        while len(parts) > 1 and (merge_all or 2 * parts[-1].alive.sum() >= parts[-2].alive.sum()):
            pair = [parts.pop(-2), parts.pop()]
            self._merge(parts, pair)
        if merge_all and parts and not parts[0].alive.all():
            self._merge(parts, [parts.pop()])
        named = tuple((part.name, part.deleted) for part in parts)
        now = replace(now, segments=named, commits=now.commits + 1, next=self.next)
        manifest.write(now, self.folder)
        self.manifest, self.added, self.changed = now, {}, set()
        self.segments, self.alive = [part.segment for part in parts], [part.alive for part in parts]
        self._clean()
        return now.commits

    def _append(self, parts: list[Part], content: segment.Content) -> None:
        name = self._name("segment")
        files.write(self.folder / name, segment.encoded(content))
        parts.append(Part(name, None, Segment(self.folder / name), np.ones(len(content.documents), bool)))

    def _merge(self, parts: list[Part], some: list[Part]) -> None:
        if any(part.alive.any() for part in some):
            now, alive = self.manifest, [part.alive for part in some]
            self._append(parts, segment.merged([part.segment for part in some], alive, now.fields, now.analyzer))

    def _name(self, ending: str) -> str:
        # Counted up even where a commit fails: it may have come as far as to name its files.
        self.next += 1
        return f"{self.next - 1:08}.{ending}"

    def _clean(self) -> None:
        # What a process left that died, and what a merge has replaced. A reader that has it open keeps it.
        for path in self.folder.iterdir():
            if path.name not in self.manifest.files() | {manifest.FILE, LOCK}:
                with suppress(FileNotFoundError):
                    path.unlink()
