"""Downloaded versions, in the state folder: each once, shared by all processes, bounded by number, size and age.

    HOME/versions/NAME/NUMBER-ID/    the files of a version, complete; a version never changes

A process that uses a version holds a shared lock on its folder, which the system releases when the process ends. Only
what nobody holds is removed.
"""

import errno
import fcntl
import os
import shutil
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from capstan.errors import CapstanError
from capstan.settings import settings

MOST = 40  # versions that nobody uses; the latest used ones stay
BYTES = 2**30  # of these together: the state folder of a pod has 2 GiB
LONGEST = 7 * 24 * 3600.0  # seconds that a version stays after its last use
PARTIAL = ".partial-"
PARTIAL_SECONDS = 60.0  # after which a download that nobody goes on with is removed


class HeldFiles:
    """The files of a version, at `path`. They stay there at least as long as this object."""

    def __init__(self, path: Path, lock: int):
        self.path, self.inode = path, os.fstat(lock).st_ino
        weakref.finalize(self, os.close, lock)  # which releases the lock


def hold(name: str, entry: str, download: Callable[[Path], None]) -> HeldFiles:
    """Return the files of a version of a capstone. Those that are not there yet, `download` writes to a new folder.

    entry: what names this version and no other. Raises what `download` raises, and CapstanError when the files cannot
    be written.
    """
    folder = root() / name
    try:
        while True:
            if (lock := _lock(folder / entry, fcntl.LOCK_SH)) is not None:
                os.utime(folder / entry)
                return HeldFiles(folder / entry, lock)
            _add(folder / entry, download)
            trim(spare=folder / entry)
    except OSError as error:
        raise CapstanError(f"{folder} could not be written ({error}). Free space or set CAPSTAN_HOME.") from error


def root() -> Path:
    """Return the folder of all downloaded versions."""
    return settings().home / "versions"


def trim(spare: Path | None = None) -> None:
    """Remove what nobody uses: versions beyond the bounds, and downloads that were killed."""
    now, ages = time.time(), []
    for path in filter(Path.is_dir, root().glob("*/*")):
        with suppress(OSError):  # another process removed it
            ages.append((now - path.stat().st_mtime, path))
    kept = taken = 0
    for age, path in sorted(ages):
        lock = None if path == spare else _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if lock is None:
            continue  # somebody uses it
        try:
            if path.name.startswith(PARTIAL):
                if age > PARTIAL_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)
                continue
            kept, taken = kept + 1, taken + _bytes(path)
            if kept > MOST or taken > BYTES or age > LONGEST:
                leaving = _leaving(path)
                path.rename(leaving)  # a reader finds all files or none, and downloads them again
                shutil.rmtree(leaving, ignore_errors=True)
        finally:
            os.close(lock)


def discard(files: HeldFiles) -> None:
    """Take the damaged files of a version away, also while others hold them: the next to hold it downloads them.

    Where another process was faster, what it has downloaded stays.
    """
    leaving = _leaving(files.path)
    with suppress(FileNotFoundError):
        if files.path.stat().st_ino == files.inode:
            files.path.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def _leaving(path: Path) -> Path:
    return path.with_name(f"{PARTIAL}{path.name}-{os.getpid()}-{time.monotonic_ns()}")


def _add(path: Path, download: Callable[[Path], None]) -> None:
    """Download to a folder next to it, which then takes its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(mkdtemp(prefix=f"{PARTIAL}{path.name}-", dir=path.parent))
    lock = _lock(partial, fcntl.LOCK_EX)
    try:
        download(partial)
        partial.rename(path)
    except OSError as error:
        # Another process was faster. Its files stay, or have gone again already.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) and not path.exists():
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _lock(path: Path, kind: int) -> int | None:
    """Return the descriptor of a locked folder; None when there is none, or when another holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, kind)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
