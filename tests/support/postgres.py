"""A PostgreSQL of a test's own, on a port of the loopback interface."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.processes import free_port, wait_until


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database."""
    with TemporaryDirectory(prefix="capstan-postgres-") as name, _running(Path(name)) as url:
        yield url


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    # It refuses to run as root, as tests in a container do.
    options = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    data, port = folder / "data", free_port()
    folder.chmod(0o777)
    initdb = [program("initdb"), "-D", data, "-U", "capstan", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/", **options)
    command = [program("postgres"), "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", "", "-c", "fsync=off"]
    with (folder / "log").open("w") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **options)
    try:
        wait_until(lambda: "ready to accept connections" in (folder / "log").read_text())
        yield f"postgresql+psycopg://capstan@127.0.0.1:{port}/postgres"
    finally:
        child.send_signal(signal.SIGINT)  # SIGTERM would wait for the clients' connections to end
        child.wait(20)


def program(name: str) -> str:
    """Return the path of a program of PostgreSQL, which Debian does not put on the path."""
    path = shutil.which(name) or next(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), "")
    assert path, "PostgreSQL is missing: run scripts/system-packages."
    return path
