"""Files that are whole or not there: a part is written once, and one small file, replaced at once, says which count.

A rename within a folder is atomic. What is renamed is on the disk before (fsync of the file), and the new name after
(fsync of the folder), so that neither a kill nor a loss of power leaves half of it. Source: Pillai et al., "All file
systems are not created equal" (OSDI 2014).
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = b"CAPIDX01"


class DamagedError(Exception):
    """A file of an index is not what was written."""


def write(path: Path, data: bytes) -> None:
    """Write a file that appears whole, and wait until the disk has it."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names of a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack(sections: Mapping[str, bytes | np.ndarray | dict[str, Any] | list[Any]]) -> bytes:
    """Return named sections as the bytes of a file: the sections, a directory with their checksums, its length."""
    parts, directory, offset = [MAGIC], {}, len(MAGIC)
    for name, content in sections.items():
        if isinstance(content, np.ndarray):
            kind, data = f"{content.dtype.str}{json.dumps(content.shape)}", content.tobytes()
        elif isinstance(content, bytes):
            kind, data = "bytes", content
        else:
            kind, data = "json", json.dumps(content, ensure_ascii=False).encode()
        directory[name] = [kind, offset, len(data), zlib.crc32(data)]
        parts.append(data)
        offset += len(data)
    listing = json.dumps(directory).encode()
    tail = zlib.crc32(listing).to_bytes(4, "little") + len(listing).to_bytes(4, "little") + MAGIC
    return b"".join([*parts, listing, tail])


def unpack(path: Path) -> dict[str, Any]:
    """Return the sections of a file; arrays are read from the disk when they are used.

    Raises DamagedError where the file is not whole.
    """
    if path.stat().st_size < 2 * len(MAGIC) + 8:
        raise DamagedError(f"{path} is too short.")
    data = np.memmap(path, np.uint8, "r")
    tail = bytes(data[-8 - len(MAGIC) :])
    length = int.from_bytes(tail[4:8], "little")
    listing = bytes(data[-len(tail) - length : -len(tail)])
    if tail[8:] != MAGIC or zlib.crc32(listing) != int.from_bytes(tail[:4], "little"):
        raise DamagedError(f"{path} is damaged: its directory does not fit its checksum.")
    return {name: section(path, data, name, *entry) for name, entry in json.loads(listing).items()}


def section(path: Path, data: np.ndarray, name: str, kind: str, start: int, length: int, checksum: int) -> Any:
    """Return one section. Raises DamagedError where it does not fit its checksum."""
    part = data[start : start + length]
    if len(part) != length or zlib.crc32(part.data) != checksum:
        raise DamagedError(f"{path} is damaged: the section {name} does not fit its checksum.")
    if kind == "json":
        return json.loads(bytes(part))
    if kind == "bytes":
        return part
    dtype, shape = kind.split("[")
    return np.frombuffer(part, np.dtype(dtype)).reshape(json.loads("[" + shape))
