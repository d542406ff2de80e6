"""What shares servers or models runs in one worker, and what takes longest starts first."""

from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.selection import FLAGSHIP


def group(item: pytest.Item) -> str:
    """Return what a test shares: the run of a capstone, the model server, the models of a capstone, or a file."""
    path = item.path.relative_to(ROOT)
    if path.parts[:2] == ("tests", "e2e"):  # they share the cluster's endpoint of the flagship, or do without it
        return "beside" if item.get_closest_marker("beside") else "cluster"
    if "road" in item.fixturenames:
        return f"run of {FLAGSHIP}"
    if marker := item.get_closest_marker("capstone"):
        return f"run of {marker.args[0]}"
    if path.parts[0] == "pipelines" and not item.get_closest_marker("rotating"):
        return str(path.parent)  # its data are read once, and its models trained once
    folder = path.parent.name  # with a server for all of its files, or with a stack
    return folder if Path("tests/integration") in path.parent.parents else str(path)


# Minutes each: started late, one of them would keep a worker busy while the others have nothing left.
LONGEST = (
    f"run of {FLAGSHIP}", "serving", "shapes",
    *(f"tests/integration/test_{name}.py" for name in (
        "replay", "failures", "new", "retire", "circle", "rollout_kills", "events",
    )),
    "pipelines/digits/tests/test_distributed.py", "tests/unit/models/trees/test_gbdt.py",
)  # fmt: skip


def place_in_line(item: pytest.Item) -> int:
    """Return when a test's group starts: the longest first, then the runs of capstones."""
    name = group(item)
    return LONGEST.index(name) if name in LONGEST else len(LONGEST) + (not name.startswith("run of "))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a group in one worker, and start the longest first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item)))
    items.sort(key=place_in_line)
