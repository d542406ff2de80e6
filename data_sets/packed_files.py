"""Files of text that the data folder may have packed."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import IO

from capstan.inputs import downloads

OPENED: dict[str, Callable[..., IO[str]]] = {".gz": gzip.open, ".xz": lzma.open}


def path(name: str, url: str, data_dir: Path | None, sha256: str = "") -> Path:
    """Return the path of a file, packed or not: of the data folder, else of the cache, else of its address.

    sha256: of what the address has, "" where its home states none.
    """
    found = (downloads.find(name + ending, data_dir) for ending in ("", *OPENED))
    here = next((path for path in found if path), None)
    return here or downloads.fetch(url, name + (".gz" if url.endswith(".gz") else ""), sha256)


def lines(name: str, url: str, data_dir: Path | None, sha256: str = "") -> list[str]:
    """Return the lines of a file. As `path`."""
    found = path(name, url, data_dir, sha256)
    with OPENED.get(found.suffix, open)(found, "rt", encoding="utf-8") as file:
        return [*file]
