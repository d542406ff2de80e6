"""A Redis of a test's own, on a port of the loopback interface."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.processes import free_port, process, wait_until


@contextmanager
def redis() -> Iterator[str]:
    """Yield the address of an empty one, as Feast's connection string."""
    with TemporaryDirectory(prefix="capstan-redis-") as folder:
        port, log = free_port(), Path(folder) / "log"
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with process(command, log):
            wait_until(lambda: "Ready to accept connections" in log.read_text())
            yield f"127.0.0.1:{port}"
