"""Files of an object store, for DuckDB's threads to read."""

import threading
from typing import Any

from fsspec.implementations.arrow import ArrowFSWrapper


class ObjectStore(ArrowFSWrapper):  # type: ignore[misc]  # fsspec has no types
    """A filesystem of pyarrow whose files several threads may read at once."""

    def _open(self, *arguments: Any, **options: Any) -> Any:
        file = super()._open(*arguments, **options)
        if file.mode == "rb":
            file.stream = SharedFile(file.stream)
        return file


class SharedFile:
    """A file of pyarrow with one position per thread.

    DuckDB's threads share a file: each seeks, then reads. A read of pyarrow lets go of Python's lock, so with a single
    position another thread's seek may come in between, and DuckDB takes bytes of one place for those of another.
    """

    def __init__(self, file: Any):
        self._file = file
        self._thread = threading.local()

    def seek(self, position: int, whence: int = 0) -> int:
        """Move this thread's position, and return it."""
        start = (0, self.tell(), self._file.size())[whence]
        self._thread.position = start + position
        return self.tell()

    def tell(self) -> int:
        """Return this thread's position."""
        return getattr(self._thread, "position", 0)

    def read(self, size: int | None = None) -> bytes:
        """Return `size` bytes from this thread's position on, or all that are left."""
        start = self.tell()
        data: bytes = self._file.read_at(self._file.size() - start if size is None or size < 0 else size, start)
        self._thread.position = start + len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
