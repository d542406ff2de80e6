"""Checkpoints in parts, written in the background: each file whole or not there, with its checksum, the last few kept.

A checkpoint is a folder of parts and `manifest.json`, which is written last. One without a manifest, or with a part
that is damaged, is not read: the one before it is.
"""

from __future__ import annotations

import hashlib
import json
import queue
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np

from capstan.data.files import atomic_write
from capstan.errors import CapstanError

MANIFEST = "manifest.json"
Vectors = dict[str, np.ndarray]


class Checkpoints:
    """Those of one training. parts: files that each vector is divided into, as many as there are workers, say."""

    def __init__(self, folder: Path, keep: int = 3, parts: int = 2):
        self.folder, self.keep, self.parts = folder, keep, parts
        self.waiting: queue.Queue[tuple[int, Vectors, dict[str, Any]] | None] = queue.Queue(maxsize=1)
        self.failed: Exception | None = None
        self.thread = threading.Thread(target=self._write_all, daemon=True)
        self.thread.start()

    def save(self, step: int, vectors: Vectors, more: dict[str, Any]) -> None:
        """Begin to write a checkpoint; wait only while an earlier one is being written.

        vectors: name -> shape (n,), which are copied here. more: what JSON can say. Raises the error of an earlier one.
        """
        if self.failed:
            raise self.failed
        self.waiting.put((step, {name: values.copy() for name, values in vectors.items()}, dict(more)))

    def close(self) -> None:
        """Wait until all is written."""
        self.waiting.put(None)
        self.thread.join()
        if self.failed:
            raise self.failed

    def _write_all(self) -> None:
        while (checkpoint := self.waiting.get()) is not None:
            try:
                self.write(*checkpoint)
            except Exception as error:  # the next to save receives it
                self.failed = error

    def write(self, step: int, vectors: Vectors, more: dict[str, Any]) -> None:
        """Write a checkpoint, and delete what is older than those to keep."""
        folder = self.folder / f"{step:08}"
        folder.mkdir(parents=True, exist_ok=True)
        sums = {}
        for part in range(self.parts):
            name = f"part-{part}.npz"
            with atomic_write(folder / name) as partial, partial.open("wb") as file:
                pieces: dict[str, Any] = {
                    key: np.array_split(vector, self.parts)[part] for key, vector in vectors.items()
                }
                np.savez(file, **pieces)
            sums[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        with atomic_write(folder / MANIFEST) as partial:
            partial.write_text(json.dumps({"step": step, "parts": sums, "more": more}))
        for old in sorted(path.parent for path in self.folder.glob(f"*/{MANIFEST}"))[: -self.keep]:
            shutil.rmtree(old)


def latest(folder: Path) -> tuple[int, Vectors, dict[str, Any]] | None:
    """Return the step, the whole vectors and the rest of the last checkpoint that is whole, or None without any.

    However many parts it has, the vectors are those that were saved. Raises CapstanError where all are damaged.
    """
    known = sorted(folder.glob(f"*/{MANIFEST}"), reverse=True)
    for manifest in known:
        content = json.loads(manifest.read_text())
        paths = {manifest.parent / name: checksum for name, checksum in content["parts"].items()}
        if all(
            path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sum_ for path, sum_ in paths.items()
        ):
            files = [np.load(path) for path in paths]
            return (
                content["step"],
                {key: np.concatenate([file[key] for file in files]) for key in files[0]},
                content["more"],
            )
    if known:
        raise CapstanError(f"Every checkpoint in {folder} is damaged. Remove the folder to begin again.")
    return None
