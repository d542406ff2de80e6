"""What the loaded capstones take of `CAPSTAN_SERVING_MEMORY`, and which of them may be unloaded for another."""

import ctypes
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from capstan.errors import CapstanError
from serving.errors import Loading

# What a version takes next to its files: its modules and schemas. 36 copies of `credit_risk` took 0.9 MiB each.
VERSION_BYTES = 2**20
MIB = 2**20


class NoRoom(Loading):
    """The memory is taken by capstones that are in use; later there may be room."""


class ModelMemory:
    """The bytes that capstones take, and when each was used last. `limit` bounds their sum; None does not.

    A capstone takes as much as the files of its versions have: weights are as large in memory as on disk. The growth of
    the process would say more, but while capstones load side by side nobody knows whose it is, and libraries, which
    stay, would count for the version that needs them first. RESOURCES state the size of a pod, which includes the
    libraries.
    """

    def __init__(self, limit: int | None):
        self.limit = limit
        self._bytes: dict[str, int] = {}  # the least recently used first
        self._in_use: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """The bytes that all loaded capstones take."""
        return sum(self._bytes.values())

    @contextmanager
    def using(self, name: str) -> Iterator[None]:
        """Keep a capstone in memory inside the block."""
        self._in_use[name] += 1
        try:
            yield
        finally:
            self._in_use[name] -= 1
            if not self._in_use[name]:
                del self._in_use[name]  # clients choose names
            if name in self._bytes:
                self._bytes[name] = self._bytes.pop(name)

    def reserve(self, name: str, need: int, unload: Callable[[str], None] | None) -> bool:
        """Add bytes to those of a capstone; return whether others were unloaded for it, the least recently used first.

        Without `unload`, none is. Raises NoRoom, and CapstanError when there would be too little without any other.
        """
        held, limit = self._bytes.get(name, 0), self.limit
        if limit is None:
            return False
        if held + need > limit:
            raise CapstanError(
                f"{name!r} needs {_mib(held + need)} of memory, and CAPSTAN_SERVING_MEMORY is {_mib(limit)}. Set it to "
                f"{held + need} bytes or more."
            )
        idle = [capstone for capstone in self._bytes if capstone != name and capstone not in self._in_use]
        room = limit - self.taken
        if unload is None or room + sum(self._bytes[capstone] for capstone in idle) < need:
            if room < need:
                raise NoRoom(f"There is no room for {name!r}: other capstones are in use. Try again in a few seconds.")
            idle = []
        unloaded = False
        while unload and limit - self.taken < need:
            unload(idle.pop(0))
            unloaded = True
        self._bytes[name] = held + need
        return unloaded

    def settle(self, name: str, size: int) -> None:
        """Set the bytes of a capstone that is loaded now; 0 is for one that is not."""
        if size:
            self._bytes[name] = size
        else:
            self._bytes.pop(name, None)


def size_of(files: Path) -> int:
    """Return the bytes that a version takes in memory, by its files."""
    return VERSION_BYTES + sum(path.stat().st_size for path in files.rglob("*") if path.is_file())


def release() -> None:
    """Return the memory of what was unloaded to the system. It stops the process for some tenths of a second.

    What was frozen is collected as well: a version's modules refer to one another.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):  # another C library than glibc keeps what it keeps
        ctypes.CDLL(None).malloc_trim(0)


def _mib(count: int) -> str:
    return f"{-(-count // MIB)} MiB"
