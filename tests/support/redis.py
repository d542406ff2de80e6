"""A Redis of a test's own, on a port of the loopback interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.processes import free_port, process, wait_until

# Each write is on the disk before it is answered.
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


@contextmanager
def redis(folder: Path | None = None, port: int | None = None, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the address of one, as Feast's connection string. It is empty, but for what `folder` has of an earlier."""
    with TemporaryDirectory(prefix="capstan-redis-") as own:
        folder, port = folder or Path(own), port or free_port()
        log = folder / "log"
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        with process([*command, *options], log):
            wait_until(lambda: "Ready to accept connections" in log.read_text())
            yield f"127.0.0.1:{port}"
