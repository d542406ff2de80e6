"""Shards: tokens in files of a fixed size, and windows of them in a shuffled order, of which few are in memory.

A folder has `00000.npy` and so on, and `index.json` with the number of tokens of each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from capstan.data.files import atomic_write
from capstan.errors import CapstanError

INDEX = "index.json"
ADVICE = "Write the shards again."


def write(
    parts: Iterable[np.ndarray], folder: Path, size: int, dtype: type[np.unsignedinteger[Any]] = np.uint16
) -> list[int]:
    """Write tokens, in parts of any length, as shards of `size` tokens, and return how many tokens each has.

    The index is written last: a folder without one is not complete. Raises CapstanError for tokens that do not fit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INDEX).unlink(missing_ok=True)
    counts: list[int] = []
    waiting, held = [], 0
    for part in parts:
        if len(part) and not (part.min() >= 0 and part.max() <= np.iinfo(dtype).max):
            raise CapstanError(
                f"A token of {part.min()} to {part.max()} does not fit {np.dtype(dtype)}. Take a wider one."
            )
        waiting.append(part.astype(dtype))
        held += len(part)
        while held >= size:
            whole = np.concatenate(waiting)
            _write(folder, counts, whole[:size])
            waiting, held = [whole[size:]], held - size
    if held:
        _write(folder, counts, np.concatenate(waiting))
    with atomic_write(folder / INDEX) as partial:
        partial.write_text(json.dumps({"dtype": np.dtype(dtype).name, "counts": counts}) + "\n")
    return counts


def _write(folder: Path, counts: list[int], tokens: np.ndarray) -> None:
    with atomic_write(folder / name(len(counts))) as partial, partial.open("wb") as file:
        np.save(file, tokens)
    counts.append(len(tokens))


def name(number: int) -> str:
    """Return the name of a shard."""
    return f"{number:05}.npy"


class Shards:
    """The shards of a folder, to be used with `with`. Raises CapstanError for one that is missing or not whole."""

    def __init__(self, folder: Path):
        self.folder = folder
        try:
            index = json.loads((folder / INDEX).read_text())
        except FileNotFoundError:
            raise CapstanError(f"{folder} has no {INDEX}: its shards are not complete. {ADVICE}") from None
        self.counts, self.dtype = list(index["counts"]), np.dtype(index["dtype"])
        self._closing = ExitStack()
        try:
            self._files = [self._opened(number) for number in range(len(self.counts))]
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> Shards:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def windows(self, length: int, seed: int | None = None, start: int = 0) -> Iterator[np.ndarray]:
        """Yield windows of so many tokens, from the one with the number `start` of an order that the seed shuffles.

        seed: None for the order of the text. A window does not cross shards: what is left of a shard is left out.
        Memory: a number for each window, and one window.
        """
        firsts = np.cumsum([0, *(count // length for count in self.counts)])
        order = np.arange(firsts[-1])
        if seed is not None:
            np.random.default_rng(seed).shuffle(order)
        for window in order[start:].tolist():
            shard = int(np.searchsorted(firsts, window, side="right")) - 1
            yield self._read(shard, (window - int(firsts[shard])) * length, length)

    def _opened(self, number: int) -> tuple[BinaryIO, int]:
        path = self.folder / name(number)
        try:
            file = self._closing.enter_context(path.open("rb"))
            np.lib.format.read_magic(file)
            [count], _, dtype = np.lib.format.read_array_header_1_0(file)
        except FileNotFoundError:
            raise CapstanError(f"The shard {path} is missing. {ADVICE}") from None
        except ValueError as error:
            raise CapstanError(f"The shard {path} is no shard of tokens ({error}). {ADVICE}") from None
        held = (path.stat().st_size - file.tell()) // self.dtype.itemsize
        if (count, dtype) != (self.counts[number], self.dtype) or held != count:
            raise CapstanError(f"The shard {path} has {held} tokens, and {INDEX} says {self.counts[number]}. {ADVICE}")
        return file, file.tell()

    def _read(self, shard: int, start: int, length: int) -> np.ndarray:
        file, offset = self._files[shard]
        size = self.dtype.itemsize
        content = os.pread(file.fileno(), length * size, offset + start * size)
        if len(content) < length * size:  # it has become shorter since it was opened
            raise CapstanError(f"The shard {self.folder / name(shard)} ends before token {start + length}. {ADVICE}")
        return np.frombuffer(content, self.dtype)
