"""Which format a file has, by its name."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from typing import IO

ENDINGS = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
PACKED = ".gz"  # of CSV and JSON lines
UNPACKED = 256 * 2**20  # bytes that a packed file may become: they are held in memory


@dataclass(frozen=True)
class Format:
    """What a file holds, and whether it is packed by gzip."""

    kind: str
    packed: bool = False


def format_of(path: str) -> Format:
    """Return the format of a file, whatever the case of its ending. Raises ValueError, which names the endings."""
    name = path.lower()
    packed = name.endswith(PACKED)
    kind = next((kind for ending, kind in ENDINGS.items() if name.removesuffix(PACKED).endswith(ending)), None)
    if kind is None or (packed and kind == "parquet"):
        raise ValueError(f"{path} is none of {', '.join(ENDINGS)}, and {PACKED} of texts.")
    return Format(kind, packed)


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """Return what a file of gzip holds. Raises ValueError where that is too much, or it is damaged."""
    try:
        with gzip.open(file) as stream:
            content = stream.read(UNPACKED + 1)
    except (EOFError, OSError) as error:
        raise ValueError(f"it is no whole gzip file: {error}") from None
    if len(content) > UNPACKED:
        raise ValueError(f"it unpacks to more than {UNPACKED // 2**20} MiB. Unpack it first.")
    return io.BytesIO(content)
