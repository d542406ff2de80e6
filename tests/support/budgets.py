"""What the tests of a capstone may cost. A run in which they cost more fails, and names the capstone.

Processor time counts, of the test's process and of all that it started: unlike wall time, it depends little on what
else the machine does. A second is one of the machine on which the budgets were set: a slower one is measured beside
each test, and its seconds count for less. Fixtures count with the test that needs them first. The stack is shared,
and does not count. The flagship runs on all its data, and so has no small run. Tests that are marked `rotating` have
no budget: few runs take them. They are shown beside the others.
"""

import math
import os
import sys
import time
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.selected import capstone_of, rotates
from tests.support.selection import FLAGSHIP

SECONDS = "processor_seconds"  # the property of a report: capstone, what, seconds
BUDGETS = {"its own tests": 25.0, "its small run": 60.0, "its controls": 60.0}
NOISE = 1.6  # the same run of `house_price` counted 46.6 s alone, and 73.8 s while two cores did five cores' work
REFERENCE = 0.0019  # the seconds that `probe` takes on an AMD EPYC of 2026 with two busy cores
MARK = pytest.StashKey[float]()
last: Path | None = None  # the file of the test before
SPENT: Counter[tuple[str, str]] = Counter()  # the seconds of each capstone, in the process that collects the reports


def processor_seconds() -> float:
    """Return what this process and all that it started have spent, whether they go on or have finished."""
    total = sum(os.times()[:4])
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            total += sum(child.cpu_times()[:4])
    return total


def probe() -> float:
    """Return the seconds that some fixed work takes now: more on a slower machine."""
    best = math.inf
    for _ in range(3):
        start = time.process_time()
        sum(number * number for number in range(50_000))
        best = min(best, time.process_time() - start)
    return best


def counted(seconds: float, probed: float) -> float:
    """Return what some seconds count. Those of a faster machine count no more than they are."""
    return seconds * min(1.0, REFERENCE / probed)


def kind(item: pytest.Item) -> str:
    """Return what a test of a capstone counts as."""
    if rotates(item):
        return "its rotating tests"
    if item.get_closest_marker("controls"):
        return "its controls"
    if not item.get_closest_marker("capstone"):
        return "its own tests"
    return "its run on all its data" if capstone_of(item) == FLAGSHIP else "its small run"


def over(spent: Counter[tuple[str, str]]) -> list[str]:
    """Return a line for each capstone that is over its budget, the most expensive first."""
    return [
        f"{name}: {what} cost {seconds:.1f} s of processor time, and may cost {BUDGETS[what]:.0f} s."
        for (name, what), seconds in spent.most_common()
        if seconds > NOISE * BUDGETS.get(what, math.inf)
    ]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what was spent before a test of a capstone."""
    global last
    if item.path != last:
        end_ray()
    last = item.path
    if capstone_of(item):
        item.stash[MARK] = processor_seconds()
    return (yield)


def end_ray() -> None:
    """End a Ray that the tests of another file left: it works while it waits, and that would count as ours."""
    ray = sys.modules.get("ray")
    if ray and ray.is_initialized():
        ray.shutdown()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report of each phase of such a test what it cost."""
    report = yield
    if MARK in item.stash:
        now = processor_seconds()
        # Below zero when a process that had worked before has ended and nobody waited for it, as for Ray's.
        seconds = max(0.0, counted(now - item.stash[MARK], probe()))
        cost = (SECONDS, [capstone_of(item), kind(item), seconds])
        report.user_properties = [*report.user_properties, cost]  # the list itself is that of all phases
        item.stash[MARK] = processor_seconds()
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what the workers report."""
    for key, value in report.user_properties:
        if key == SECONDS:
            name, what, seconds = value
            SPENT[name, what] += seconds


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what each capstone cost, and which is over its budget: last, so that it is not lost above the durations."""
    if SPENT:
        terminalreporter.section("processor time of capstones")
        for (name, what), seconds in sorted(SPENT.items()):
            terminalreporter.write_line(f"{seconds:7.1f} s  {name}, {what}")
        for line in over(SPENT):
            terminalreporter.write_line(f"OVER BUDGET: {line}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a capstone is over its budget. Coverage takes time itself, so there it does not count."""
    measured = session.config.pluginmanager.hasplugin("_cov")
    if over(SPENT) and not measured and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
