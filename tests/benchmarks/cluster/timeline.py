"""Where the seconds of a run go: for each step what Kubeflow Pipelines does before, around and after its own work."""

from tests.benchmarks.cluster.pods import Task

PARTS = {
    "gap": "Argo, until its driver's pod",
    "driver": "driver's pod",
    "between": "Argo, until its own pod",
    "start": "its pod starts",
    "launcher": "launcher, imports",
    "own": "own work",
    "after": "uploads, end of pod",
}
COARSE = 1.0  # seconds: the resolution of a pod's creation


def rows(tasks: list[Task], last: str, submitted: float) -> list[dict]:
    """Return a row a task with the seconds of each part, and which ones were the longest way up to the task `last`."""
    way = longest_way(tasks, last)
    lines = []
    for task in tasks:
        before = _before(task, tasks)
        row = {"step": task.name, "way": task in way}
        lines.append(row | _parts(task, before.ended if before else submitted))
    return lines


def longest_way(tasks: list[Task], last: str) -> list[Task]:
    """Return the tasks that waited for each other, up to the one of a name."""
    [task] = [task for task in tasks if task.name == last]
    way = [task]
    while before := _before(way[-1], tasks):
        way.append(before)
    return way[::-1]


def table(lines: list[dict]) -> str:
    """Return the rows as Markdown, with the sum of the longest way."""
    parts = [f"| step | {' | '.join(PARTS.values())} | all |", "| --- |" + " ---: |" * (len(PARTS) + 1)]
    for row in lines:
        name = f"**{row['step']}**" if row["way"] else row["step"]
        parts.append(_line(name, row))
    total = {part: sum(row.get(part, 0.0) for row in lines if row["way"]) for part in PARTS}
    return "\n".join([*parts, _line("all of the longest way", total)])


def _line(name: str, row: dict) -> str:
    cells = [f"{row[part]:.1f} s" if part in row else "" for part in PARTS]
    return f"| {name} | {' | '.join(cells)} | {sum(row.get(part, 0.0) for part in PARTS):.1f} s |"


def _before(task: Task, tasks: list[Task]) -> Task | None:
    """Return the task that ended last before a task began: the one that it waited for."""
    ended = [earlier for earlier in tasks if earlier is not task and earlier.ended < task.driver.created + COARSE]
    return max(ended, key=lambda earlier: earlier.ended, default=None)


def _parts(task: Task, since: float) -> dict[str, float]:
    """Return the seconds of each part, from the end of the task before."""
    driver, executor = task.driver, task.executor
    instants = {"gap": driver.created, "driver": driver.ended}
    if executor:
        instants |= {
            "between": executor.created,
            "start": executor.begun,
            "launcher": executor.loaded,
            "own": executor.wrote,
            "after": executor.ended,
        }
    seconds = {}
    for part, instant in instants.items():
        seconds[part] = max(0.0, instant - since)  # the creation of a pod is rounded down
        since = max(since, instant)
    return seconds
