"""Every test run has a state folder and its own ports, so that it meets neither a user's stack nor another run."""

import os
import signal
import sys
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.processes import ROOT, free_port, having, helps_this_process, wait_until

E2E = ROOT / "tests" / "e2e"  # needs a cluster: collected only when it is asked for, by its marker or its path

RUN = "PYTEST_RUN_OF_CAPSTAN"  # in the environment of all that a run of the tests starts

# The state folder of the person who started the tests: those of a cluster need the options of its `cluster up`.
os.environ.setdefault("PYTEST_HOME_OF_USER", os.environ.get("CAPSTAN_HOME") or str(ROOT / ".capstan"))
# Before any test module reads the settings.
HOME = tempfile.TemporaryDirectory(prefix="capstan-tests-")
os.environ["CAPSTAN_HOME"] = HOME.name
for name in ("MLFLOW", "ENDPOINT", "GRPC", "EVIDENTLY"):
    os.environ[f"CAPSTAN_{name}_PORT"] = str(free_port())
for name in ("TRACKING_URI", "ENDPOINT_URL", "DATA_DIR", "CAPSTONES"):
    os.environ.pop(f"CAPSTAN_{name}", None)


def pytest_configure(config: pytest.Config) -> None:
    """Have SIGTERM end a run as Ctrl-C does: the fixtures then stop the servers that they started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = uuid.uuid4().hex
    # Servers of tests write into the state folder before a command has prepared it.
    from capstan.local import home

    home.prepare()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what a run has left behind, such as a server, and fail that run."""
    if hasattr(session.config, "workerinput"):
        return
    with suppress(AssertionError):  # workers, and what they stopped, take a moment to end
        wait_until(lambda: not _left_behind(), seconds=10)
    for process in _left_behind():
        with suppress(psutil.Error):
            print(f"\nThe tests have left behind {process.pid}: {' '.join(process.cmdline())[:300]}")
            process.kill()
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


last: Path | None = None  # the file of the test before


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """End a Ray that the tests of another file left: it has other settings, and works while it waits."""
    global last
    ray = sys.modules.get("ray")
    if item.path != last and ray and ray.is_initialized():
        ray.shutdown()
    last = item.path


def _left_behind() -> list[psutil.Process]:
    return [process for process in having(RUN, os.environ[RUN]) if not helps_this_process(process)]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests of the cluster, unless they are asked for."""
    asked = "e2e" in config.option.markexpr or any(E2E.name in Path(argument).parts for argument in config.args)
    return True if collection_path == E2E and not asked else None


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder for one test, in place of the run's."""
    from capstan.settings import settings

    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield settings().home
    settings.cache_clear()
