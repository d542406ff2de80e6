"""Where a batch reads and writes: paths of this machine, and s3:// addresses."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from capstan.profile import profile
from capstan.settings import settings
from feature_repo.offline_store.writes import locate

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

S3 = "s3://"
PARTITION = re.compile(r"([^=]+)=(.*)")


def opened(location: str) -> tuple[FileSystem, str]:
    """Return the file system of a path or an s3:// address, and the path in it."""
    profile()  # of a cluster: it has the keys of the object store
    return locate(location, settings().s3_endpoint)


@dataclass
class Found:
    """The files of an input: locations, each with the columns that the folders above it state.

    links: how many links were left out, since they leave the folder, lead to a folder above them, or nowhere.
    """

    files: list[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=list)
    links: int = 0


def find(location: str) -> Found:
    """Return the files of a location: itself, or all below it. Raises FileNotFoundError."""
    from pyarrow.fs import FileSelector, FileType

    files, target = opened(location)
    kind = files.get_file_info(target).type
    if kind == FileType.NotFound:
        raise FileNotFoundError(location)
    if kind != FileType.Directory:
        return Found([(location, ())])
    if not location.startswith(S3):
        return _local(Path(target))
    below = files.get_file_info(FileSelector(target, recursive=True))
    parts = {file.path: file.path.removeprefix(target).strip("/").split("/") for file in below}
    return Found(sorted(
        (S3 + file.path, _partitions(parts[file.path][:-1]))
        for file in below
        if file.type == FileType.File and not any(map(is_hidden, parts[file.path]))
    ))  # fmt: skip


def _local(root: Path) -> Found:
    """Return the files below a folder: each real file once, and none outside of it."""
    found, inside, seen = Found(), Path(os.path.realpath(root)), set[Path]()
    folders, links = [root], list[Path]()
    while folders or links:
        path = folders.pop() if folders else links.pop(0)  # what is there by itself goes first
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(inside) or not real.exists() or path.parent.resolve().is_relative_to(real):
            found.links += 1
        elif real not in seen:
            seen.add(real)
            if real.is_dir():
                below = sorted(entry for entry in path.iterdir() if not is_hidden(entry.name))
                folders += [entry for entry in below if not entry.is_symlink()]
                links += [entry for entry in below if entry.is_symlink()]
            elif real.is_file():
                found.files.append((str(path), _partitions(path.relative_to(root).parts[:-1])))
    found.files.sort()
    return found


def is_hidden(name: str) -> bool:
    """Return whether a file or folder is none of the data: programs begin its name with "_" or ".".

    A partition such as _year=2026 is data. The offline store has the same rule.
    """
    return name.startswith(".") or (name.startswith("_") and not PARTITION.fullmatch(name))


def _partitions(folders: list[str] | tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the columns that folders state, such as ("name", "zoe") for name=zoe."""
    matches = (PARTITION.fullmatch(folder) for folder in folders)
    return tuple((unquote(match[1]), unquote(match[2])) for match in matches if match)
