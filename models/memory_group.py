"""One limit of memory for a group of processes: a cgroup of Linux, where this process may make one.

Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capstan.services.waiting import retried

ROOT = Path("/sys/fs/cgroup")
ENDING = 10.0  # seconds that killed processes have to leave the group


class MemoryGroup:
    """A cgroup in a folder of its own."""

    def __init__(self, folder: Path, limit: str, events: str):
        self._folder, self._limit, self._events = folder, folder / limit, folder / events

    def limit(self, memory: int) -> None:
        """Hold its processes to some bytes, what they keep in files in memory included. Raises OSError."""
        self._limit.write_text(f"{memory}")

    def entering(self, command: list[str]) -> list[str]:
        """Return a command that enters the group, and then is the given one."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self._folder / "cgroup.procs"), *command]

    def is_exceeded(self) -> bool:
        """Return whether the kernel has killed a process because the group had no memory left."""
        counts = dict(line.split() for line in self._events.read_text().splitlines())
        return counts.get("oom_kill", "0") != "0"


@contextmanager
def memory_group(memory: int) -> Iterator[MemoryGroup | None]:
    """Make a group with a limit in bytes, and remove it when its processes have ended. None where none can be made."""
    try:
        parent, limit, events = _place()
        folder = Path(tempfile.mkdtemp(prefix="capstan-", dir=parent))
    except OSError:
        yield None
        return
    group = MemoryGroup(folder, limit, events)
    try:
        group.limit(memory)
    except OSError:  # its parent does not hand on the control of memory
        folder.rmdir()
        yield None
        return
    try:
        yield group
    finally:
        retried(folder.rmdir, OSError, ENDING, pause=0.05)


def _place() -> tuple[Path, str, str]:
    """Return the cgroup of this process, and the names of the files of a limit and of what exceeded it."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    own = {controllers: path.lstrip("/") for _, controllers, path in lines}
    if "memory" in own:
        return ROOT / "memory" / own["memory"], "memory.limit_in_bytes", "memory.oom_control"
    return ROOT / own.get("", ""), "memory.max", "memory.events"
