"""`pytest --selected` leaves out what `tests.support.selection` does not select; `--edited` leaves out all capstones
but those whose folder was edited. Without an option, all tests run."""

import json
import os
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.selection import TURNS, candidates, changed, choose, commits, its_turn, unreached

CHOSEN = "PYTEST_CAPSTONES_SELECTED"  # from the controller to its workers, which must collect the same


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--selected", action="store_true", help="run the tests that `make selection` shows")
    parser.addoption("--edited", action="store_true", help="run the tests of the core and of edited capstones")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose once for all workers."""
    if _chooses(config) and not hasattr(config, "workerinput"):
        files, number = changed(), commits()
        known = candidates(files)
        edited = {candidate.name: "edited" for candidate in known if candidate.edited}
        capstones = edited if config.option.edited else choose(known, number)
        os.environ[CHOSEN] = json.dumps([number, capstones, unreached(files, number)])


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Name what is selected."""
    return [f"selected: {name} ({reason})" for name, reason in _chosen()[1].items()] if _chooses(config) else []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of other capstones and of algorithms that nobody edited, and those whose turn it is not."""
    if not _chooses(config):
        return
    number, capstones, left_out = _chosen()
    parts = {part_of(item) for item in items if rotates(item)}
    current = {*its_turn(sorted(parts), number)}
    kept, left = [], []
    for item in items:
        name = capstone_of(item)
        chosen = str(item.path) not in left_out and (not name or name in capstones)
        (kept if (part_of(item) in current if rotates(item) else chosen) else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def _chooses(config: pytest.Config) -> bool:
    return bool(config.option.selected or config.option.edited)


def capstone_of(item: pytest.Item) -> str | None:
    """Return the capstone that a test is about, by its marker or its folder; None for a test of the core."""
    if marker := item.get_closest_marker("capstone"):
        return str(marker.args[0])
    parts = item.path.relative_to(ROOT).parts if item.path.is_relative_to(ROOT) else Path().parts
    return parts[1] if parts[:1] == ("pipelines",) and "tests" in parts else None


def rotates(item: pytest.Item) -> bool:
    """Return whether a test runs in its turn alone."""
    return item.get_closest_marker("rotating") is not None


def part_of(item: pytest.Item) -> str:
    """Return what has its turn together: the tests of a file, those of one capstone, or of one name of the marker."""
    marker = item.get_closest_marker("rotating")
    return " ".join([str(item.path), *(marker.args if marker else ()), capstone_of(item) or ""])


def _chosen() -> tuple[int, dict[str, str], set[str]]:
    """Return whose turn it is, the capstones with the reasons, and the test files that are left out."""
    number, capstones, left_out = json.loads(os.environ[CHOSEN])
    return number, capstones, {*left_out}


if __name__ == "__main__":  # `make selection`
    edit, turn = changed(), commits()
    print(f"Turn {turn % TURNS + 1} of {TURNS} of the tests marked `rotating`, and of algorithms that nobody edited:")
    print(f"{len(unreached(edit, turn))} of their files are left out. The tests of these capstones:")
    for name, reason in choose(candidates(edit), turn).items():
        print(f"  {name:<24} {reason}")
