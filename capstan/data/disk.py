"""A disk that is full: which one it is, how much is free there, and what to do."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from capstan.errors import CapstanError
from capstan.settings import settings

# DuckDB, Arrow, SQLite and what a step prints have no errno: the words are common to all.
FULL = re.compile("No space left on device|Disk quota exceeded|database or disk is full")

LITTLE = 2**16  # bytes: a log and a state file


class FullDisk(CapstanError):
    """There is no room to write."""


@contextmanager
def explained() -> Iterator[None]:
    """Raise FullDisk, with what to do, in place of an error that a full disk has caused."""
    try:
        yield
    except Exception as error:
        if isinstance(error, FullDisk) or not is_full(error):
            raise
        prefix = f"{error}\n" if isinstance(error, CapstanError) else ""
        raise FullDisk(f"{prefix}{advice(error)}") from error


def is_full(error: BaseException | None) -> bool:
    """Return whether an error, or one that led to it, comes from a full disk."""
    while error is not None:
        if FULL.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def advice(error: BaseException | None = None) -> str:
    """Return which file system is full: that of the error's file, else the fullest of those that Capstan writes to."""
    named = error.filename if isinstance(error, OSError) else None
    mount = _mount(Path(named)) if isinstance(named, str) else _fullest()
    usage = shutil.disk_usage(mount)
    return (
        f"The disk is full: the file system at {mount} has {_size(usage.free)} of {_size(usage.total)} free. Free "
        "space there, or set CAPSTAN_HOME (for temporary files: TMPDIR) to a folder elsewhere. Then repeat the command."
    )


def no_room() -> bool:
    """Return whether a disk that Capstan writes to is full, where an error does not say so."""
    return shutil.disk_usage(_fullest()).free < LITTLE


def _fullest() -> Path:
    places = (settings().home, settings().predictions_dir or settings().home, Path(tempfile.gettempdir()))
    return min(map(_mount, places), key=lambda mount: shutil.disk_usage(mount).free)


def _mount(path: Path) -> Path:
    """Return where the file system of a path is mounted; the path may not be there yet."""
    path = path.absolute()
    with suppress(OSError):
        path = path.resolve()
    while not os.path.ismount(path):
        path = path.parent
    return path


def _size(count: float) -> str:
    for unit in ("bytes", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
