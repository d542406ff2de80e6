"""A GGUF file: what it says, by name, and its weights. Version 2 or 3, little-endian.

    magic, version, number of weights, number of values | values | name, sizes, format and offset of weights | weights

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.

Reference: gguf.GGUFReader, exactly.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from capstan.errors import CapstanError
from models.weights.gguf_blocks import FORMATS, Format

NUMBERS = {0: "u1", 1: "i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?", 10: "<u8", 11: "<i8", 12: "<f8"}
TEXT, LIST = 8, 9  # the other kinds of values
ALIGNMENT = 32


@dataclass(frozen=True)
class Packed:
    """Weights as they lie in the file. shape: as in numpy, the last size runs fastest."""

    format: Format
    shape: tuple[int, ...]
    data: np.ndarray

    def unpack(self) -> np.ndarray:
        """Return them as numbers of 32 bits."""
        return self.format.unpack(self.data).reshape(self.shape)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Packed]]:
    """Return the values of a file by name, and its weights by name, which stay on disk until they are unpacked.

    Raises CapstanError for a file that is no GGUF file, is cut off, or has a format that is not known.
    """
    try:
        return _read(_Cursor(np.memmap(path, mode="r")))
    except (struct.error, ValueError, KeyError, ZeroDivisionError) as error:
        raise CapstanError(f"{path} is no whole GGUF file of version 2 or 3: {error}. Get it again.") from error


def _read(cursor: _Cursor) -> tuple[dict[str, Any], dict[str, Packed]]:
    magic, version, count, values = cursor.take("4sIQQ")
    if magic != b"GGUF" or version not in (2, 3):
        raise ValueError(f"it begins with {magic!r}, version {version}")
    metadata = {cursor.text(): cursor.value(cursor.one("I")) for _ in range(values)}
    places = {}
    for _ in range(count):
        name = cursor.text()
        sizes = cursor.take(f"{cursor.one('I')}Q")
        places[name] = sizes[::-1], cursor.one("I"), cursor.one("Q")
    alignment = metadata.get("general.alignment", ALIGNMENT)
    start = -(-cursor.at // alignment) * alignment
    return metadata, {name: _packed(cursor, name, start, *place) for name, place in places.items()}


def _packed(cursor: _Cursor, name: str, start: int, shape: tuple[int, ...], number: int, offset: int) -> Packed:
    if number not in FORMATS:
        known = ", ".join(each.name for each in FORMATS.values())
        raise CapstanError(f"The weights {name} have format {number} of ggml. Give a file with {known}.")
    form = FORMATS[number]
    if shape and shape[-1] % form.count:
        raise ValueError(f"a row of {name} ends within a block")
    cursor.at = start + offset
    return Packed(form, shape, cursor.bytes(form.size(math.prod(shape))))


class _Cursor:
    """Reads a file from its beginning."""

    def __init__(self, data: np.ndarray):
        self.data, self.at = data, 0

    def bytes(self, count: int) -> np.ndarray:
        if self.at + count > len(self.data):
            raise ValueError(f"it ends at byte {len(self.data)}, within a value")
        self.at += count
        return self.data[self.at - count : self.at]

    def take(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{layout}", self.bytes(struct.calcsize(f"<{layout}")).tobytes())

    def one(self, layout: str) -> Any:
        return self.take(layout)[0]

    def text(self) -> str:
        return self.bytes(self.one("Q")).tobytes().decode()

    def value(self, kind: int) -> Any:
        """Return a value of some kind. A list has values of one kind, which are no lists."""
        if kind == TEXT:
            return self.text()
        if kind != LIST:
            return self._numbers(kind, 1)[0]
        kind, count = self.take("IQ")
        return [self.text() for _ in range(count)] if kind == TEXT else self._numbers(kind, count)

    def _numbers(self, kind: int, count: int) -> list[Any]:
        layout = np.dtype(NUMBERS[kind])
        numbers: list[Any] = self.bytes(count * layout.itemsize).view(layout).tolist()
        return numbers
