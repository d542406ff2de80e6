"""Where the time of a run goes, from its log.

kfp logs when it starts a task and when that has finished. In between, the step's own process logs when it has imported
the component, and when it has written its outputs. What steps import on the way is in the log of a run with
PYTHONPROFILEIMPORTTIME, a variable of Python.
"""

import re
from dataclasses import dataclass
from pathlib import Path

TIME = r"(?P<time>\d\d:\d\d:\d\d[.,]\d{3})"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STARTED = re.compile(rf"^{TIME} - INFO - Executing task '(?P<step>[\w-]+)'")
ENDED = re.compile(rf"^{TIME} - INFO - Task '(?P<step>[\w-]+)' finished with status")
LOADED = re.compile(rf"\[KFP Executor \S+ {TIME} INFO\]: Got executor_input")
WROTE = re.compile(rf"\[KFP Executor \S+ {TIME} INFO\]: Wrote executor output")
CACHED = re.compile(r"^Task (?P<step>[\w-]+) cache hit")
IMPORT = re.compile(r"import time:\s+(?P<own>\d+) \|\s+\d+ \|")


@dataclass
class Step:
    """Seconds of a step. Those of a cached one are 0."""

    total: float = 0.0
    start: float = 0.0  # until its process has the component; most of it waits for libraries that another one imports
    work: float = 0.0  # what it does, and what it imports on the way
    imports: float = 0.0  # of `work`; only when the run listed its imports


def read(log: Path) -> dict[str, Step]:
    """Return the steps of a run in their order, from its log."""
    steps: dict[str, Step] = {}
    current, started, loaded = Step(), 0.0, 0.0
    for line in COLOUR.sub("", log.read_text(errors="replace")).splitlines():
        if match := CACHED.search(line):
            steps[match["step"]] = Step()
        elif match := STARTED.search(line):
            current = steps[match["step"]] = Step()
            started = _seconds(match)
        elif match := LOADED.search(line):
            loaded = _seconds(match)
            current.start, current.imports = _between(started, loaded), 0.0
        elif match := IMPORT.search(line):
            current.imports += int(match["own"]) / 1e6
        elif match := WROTE.search(line):
            current.work = _between(loaded, _seconds(match))
        elif match := ENDED.search(line):
            current.total = _between(started, _seconds(match))
    return steps


def rows(first: dict[str, Step], cached: dict[str, Step], listed: dict[str, Step], seconds: list[float]) -> list[dict]:
    """Return a row a step, and one for what is around them.

    listed: the steps of a run that listed its imports. seconds: of the first and of the cached run as a whole.
    """
    lines = []
    for name, step in first.items():
        again = cached.get(name, Step())
        lines.append(
            {
                "step": name,
                "first": step.total,
                "start": step.start,
                "work": step.work,
                "imports": listed.get(name, Step()).imports,
                "cached": again.total,
            }
        )
    steps = [sum(step.total for step in each.values()) for each in (first, cached)]
    around = {"step": "before, between and after", "first": seconds[0] - steps[0], "cached": seconds[1] - steps[1]}
    return [*lines, around, {"step": "all", "first": seconds[0], "cached": seconds[1]}]


def table(lines: list[dict]) -> str:
    """Return the rows as Markdown."""
    heads = ("first", "start", "work", "imports", "cached")
    titles = "| step | first run | of it start | of it work | imports in the work, from another run | cached run |"
    parts = [titles, "| --- |" + " ---: |" * len(heads)]
    for line in lines:
        cells = [f"{line[head]:.2f} s" if head in line else "" for head in heads]
        parts.append(f"| {line['step']} | {' | '.join(cells)} |")
    return "\n".join(parts)


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds = match["time"].replace(",", ".").split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def _between(before: float, after: float) -> float:
    return (after - before) % 86_400  # the log has no dates
