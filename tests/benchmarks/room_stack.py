"""`python -m tests.benchmarks.room_stack`: how long commands, the endpoint and the console take with 36 capstones.

It runs one capstone, and registers copies of it, each with a version that serves and a month of monitoring runs. Then
it starts the stack again and times what an operator does. Processor time does not depend on other work on the machine.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from capstan.catalogue import PIPELINES
from tests.benchmarks.room import COPIED, copy
from tests.benchmarks.stack import CAPSTAN, capstan, environment

DAYS = 30
REGISTER = """
import sys, warnings
from datetime import UTC, datetime
from pathlib import Path
from capstan import catalogue
from capstan.versions import registry
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from tests.support.monitored import fill
from tests.support.versions import register

warnings.simplefilter("ignore")
_, days, *names = sys.argv
for name in names:
    fill(settings().home, name, int(days))
    if not store.read(name).champion:
        task = catalogue.load(name)
        train, _ = task.split(task.load(None))
        number = register(name, task.train(train))
        store.write_state(name, RolloutState(number, since=datetime.now(UTC).isoformat(), by="benchmark"))
"""


def tell(what: str, wall: float, processor: float | None = None, more: str = "") -> None:
    """Print one figure."""
    print(
        f"{what:<44} {wall:7.2f} s{'' if processor is None else f'  {processor:7.2f} s processor'}  {more}", flush=True
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and processor time of the processes that the work starts and waits for."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def stack(count: int) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Yield the environment of a stack with so many registered capstones, and their names. It does not run."""
    with tempfile.TemporaryDirectory(prefix="capstan-room-") as folder:
        names = [COPIED, *(f"copy_{number:02}" for number in range(count - 1))]
        for name in names[1:]:
            copy(PIPELINES, Path(folder), name)
        os.environ["CAPSTAN_CAPSTONES"] = folder
        with environment() as env:
            tell(f"capstan run {COPIED}", *timed(lambda: capstan(env, "run", COPIED)))
            command = [sys.executable, "-c", REGISTER, str(DAYS), *names]
            done = timed(lambda: subprocess.run(command, env=env, check=True, capture_output=True))
            tell(f"registering {count - 1} copies", *done)
            capstan(env, "down")
            yield env, names


def start(env: dict[str, str], names: list[str]) -> None:
    """Start the stack, and report when the first capstone answers, when `capstan up` ends, and when all answer."""
    url, began, ready = f"http://127.0.0.1:{env['CAPSTAN_ENDPOINT_PORT']}", time.monotonic(), set[str]()
    up = subprocess.Popen([CAPSTAN, "up"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    returned = False
    while len(ready) < len(names):
        assert time.monotonic() < began + 600, f"not ready: {set(names) - ready}"
        with suppress(httpx.HTTPError):
            for name in set(httpx.get(f"{url}/v2/models", timeout=5).json()["models"]) - ready:
                if not httpx.get(f"{url}/v2/models/{name}/ready", timeout=5).is_success:
                    continue
                ready.add(name)
                if len(ready) in (1, len(names)):
                    which = "the first capstone" if len(ready) == 1 else "all capstones"
                    tell(f"capstan up: {which} can be asked", time.monotonic() - began, *_endpoint(env))
        if not returned and up.poll() is not None:
            returned = True
            assert up.returncode == 0, up.communicate()[0]
            tell("capstan up: the command ends", time.monotonic() - began)
        time.sleep(0.1)
    assert up.wait(120) == 0, up.communicate()[0]
    if not returned:
        tell("capstan up: the command ends", time.monotonic() - began)


def first_uses(env: dict[str, str], names: list[str]) -> None:
    """Ask each capstone for its metadata, which loads those that are on standby."""
    url, walls = f"http://127.0.0.1:{env['CAPSTAN_ENDPOINT_PORT']}", []
    for name in names:
        began = time.monotonic()
        httpx.get(f"{url}/v2/models/{name}", timeout=60).raise_for_status()
        walls.append(time.monotonic() - began)
    tell("the slowest first use of a capstone", max(walls), *_endpoint(env))


def _endpoint(env: dict[str, str]) -> tuple[float, str]:
    """Return what processor time and memory the endpoint has taken."""
    for process in psutil.process_iter():
        try:
            own = process.environ()
            if own.get("CAPSTAN_HOME") == env["CAPSTAN_HOME"] and own.get("CAPSTAN_SERVICE") == "endpoint":
                times = process.cpu_times()
                return times.user + times.system, f"{process.memory_info().rss / 2**20:.0f} MiB"
        except psutil.Error:
            continue
    raise AssertionError("no endpoint")


def console(env: dict[str, str]) -> None:
    """Report how long the console's API takes when it has read nothing lately."""
    url = f"http://127.0.0.1:{env['CAPSTAN_ENDPOINT_PORT']}/v2/monitoring"
    for what, path in (("all capstones", url), ("one capstone", f"{url}/{COPIED}")):
        walls, before = [], _endpoint(env)[0]
        for _ in range(3):
            time.sleep(2.5)  # or the answer is the one of before
            began = time.monotonic()
            assert httpx.get(path, timeout=60).json()["problems"] == []
            walls.append(time.monotonic() - began)
        tell(f"console: {what}", min(walls), (_endpoint(env)[0] - before) / 3)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capstones", type=int, default=36)
    parser.add_argument("--memory", type=int, help="bytes: start once more, with this as CAPSTAN_SERVING_MEMORY")
    options = parser.parse_args()
    with stack(options.capstones) as (env, names):
        if options.memory:
            print(f"\nWith {options.capstones} registered capstones and CAPSTAN_SERVING_MEMORY={options.memory}:")
            bounded = env | {"CAPSTAN_SERVING_MEMORY": str(options.memory)}
            start(bounded, names)
            first_uses(bounded, names)
            capstan(env, "down")
        print(f"\nWith {options.capstones} registered capstones:")
        start(env, names)
        for command in ("list", "status"):
            tell(f"capstan {command}", *min(timed(lambda command=command: capstan(env, command)) for _ in range(2)))
        console(env)
        tell(f"capstan monitor {COPIED}", *timed(lambda: capstan(env, "monitor", COPIED)))


if __name__ == "__main__":
    main()
