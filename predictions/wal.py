"""The write-ahead log: a folder of segments, one of which is being written.

A writer locks its segment (`flock`), and the lock ends with the process, however that ends. A process that can lock a
segment may convert and remove it. Several servers can thus share a folder.
"""

import errno
import fcntl
import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

FULL = {errno.ENOSPC, errno.EDQUOT}


class Wal:
    """Appends to the current segment. Nothing is created before the first record; threads may share it."""

    def __init__(self, folder: Path, max_bytes: int, fsync: bool = False):
        self.folder, self.max_bytes, self.fsync = folder, max_bytes, fsync
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._size = 0
        self._opened = 0.0

    def append(self, data: bytes) -> None:
        """Write some lines, or none of them and raise OSError.

        When it returns they are in the system's page cache, where the end of this process does not matter; with
        `fsync` they are on the disk.
        """
        with self._lock:
            fd, rest = self._open() if self._fd is None else self._fd, memoryview(data)
            try:
                while rest:
                    rest = rest[os.write(fd, rest) :]
                if self.fsync:
                    os.fdatasync(fd)
            except OSError as error:
                self._undo(fd, error)
                raise
            self._size += len(data)
            if self._size >= self.max_bytes:
                self._seal(fd)

    def seal(self, min_age: float = 0.0) -> None:
        """Complete the current segment if it is `min_age` seconds old."""
        with self._lock:
            if self._fd is not None and self._size and time.monotonic() - self._opened >= min_age:
                self._seal(self._fd)

    def _open(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:12]}.jsonl"
        hidden = self.folder / f".{name}"
        fd = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o640)
        try:
            # It gets its name once it is locked; a converter might otherwise take it for one that was left behind.
            fcntl.flock(fd, fcntl.LOCK_EX)
            hidden.rename(self.folder / name)
        except OSError:
            os.close(fd)
            hidden.unlink(missing_ok=True)
            raise
        self._fd, self._size, self._opened = fd, 0, time.monotonic()
        return fd

    def _undo(self, fd: int, error: OSError) -> None:
        # A full disk leaves half a line. Cut it off, or the next record would continue it.
        try:
            os.ftruncate(fd, self._size)
        except OSError:
            self._seal(fd)
        else:
            if error.errno not in FULL:  # a file that is too large or a disk that fails: another one may do
                self._seal(fd)

    def _seal(self, fd: int) -> None:
        with suppress(OSError):
            os.close(fd)
        self._fd = None
