"""Where a batch reads and writes: paths of this machine, and s3:// addresses."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.profile import profile
from capstan.settings import settings
from feature_repo.offline_store.listing import data_files, is_data, partition_values
from feature_repo.offline_store.writes import locate

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

S3 = "s3://"
Partitions = tuple[tuple[str, str | None], ...]  # columns and their values


def opened(location: str) -> tuple[FileSystem, str]:
    """Return the file system of a path or an s3:// address, and the path in it."""
    profile()  # of a cluster: it has the keys of the object store
    return locate(location, settings().s3_endpoint)


@dataclass
class Found:
    """The files of an input: locations, each with the columns that the folders above it state.

    links: how many links were left out, since they leave the folder, lead to a folder above them, or nowhere.
    """

    files: list[tuple[str, Partitions]] = field(default_factory=list)
    links: int = 0


def find(location: str) -> Found:
    """Return the files of a location: itself, or all below it. Raises FileNotFoundError."""
    from pyarrow.fs import FileType

    files, target = opened(location)
    kind = files.get_file_info(target).type
    if kind == FileType.NotFound:
        raise FileNotFoundError(location)
    if kind != FileType.Directory:
        return Found([(location, ())])
    if not location.startswith(S3):
        return _local(Path(target))
    root = target.rstrip("/") + "/"
    return Found([(S3 + path, _partitions(path.removeprefix(root))) for path in data_files(files, target)])


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
                below = sorted(entry for entry in path.iterdir() if is_data(entry.name))
                folders += [entry for entry in below if not entry.is_symlink()]
                links += [entry for entry in below if entry.is_symlink()]
            elif real.is_file():
                found.files.append((str(path), _partitions(path.relative_to(root).as_posix())))
    found.files.sort()
    return found


def _partitions(path: str) -> Partitions:
    """Return the columns that the folders of a path state, such as ("name", "zoe") for name=zoe."""
    return tuple(partition_values(path).items())
