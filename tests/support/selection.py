"""Which tests `make test` selects: the core's, and those of some capstones. `make selection` shows them.

These are the flagship, the capstone whose turn it is, and one that the latest commits can reach: no more when
there are forty. A capability needs no capstone that is selected for it, for the core has tests of each. A turn is
counted in commits: as many in a row as there are capstones run each of them, and twelve in a row run each test that is
marked `rotating`, and those of each algorithm that was not edited. A turn has whole files. Where a file has tests of
many capstones, or names parts, `rotating("whole")`, each has a turn of its own: else one run would have them all.
`make test-all` selects all.
"""

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT

FLAGSHIP = "flight_delay"
ALGORITHMS = (ROOT / "tests" / "unit" / "models", ROOT / "kernels" / "tests")
TURNS = 12
# An edit of the core reaches all capstones. Then so many run next to the one whose turn it is.
REACHED = 1
# A landing has about this many commits. A base too far back selects more capstones, up to the bound, and misses none.
LANDING = 15


@dataclass(frozen=True)
class Candidate:
    """A capstone to choose from."""

    name: str
    edited: bool = False  # a file of its folder changed
    reached: bool = False  # a file that it imports changed


def choose(candidates: Iterable[Candidate], number: int) -> dict[str, str]:
    """Return the names of the capstones that are selected at some number of commits, each with the reason."""
    ordered = sorted(candidates, key=lambda candidate: candidate.name)
    chosen = {capstone.name: "the flagship" for capstone in ordered if capstone.name == FLAGSHIP}
    waiting = _waiting(ordered, number)
    chosen |= {capstone.name: "its turn" for capstone in waiting[:1]}
    reached = sorted(
        (capstone for capstone in waiting[1:] if capstone.edited or capstone.reached),
        key=lambda capstone: not capstone.edited,
    )
    chosen |= {
        capstone.name: "edited" if capstone.edited else "imports what was edited" for capstone in reached[:REACHED]
    }
    return dict(sorted(chosen.items()))


def choose_one(candidates: Iterable[Candidate], number: int) -> str | None:
    """Return the capstone that runs on a cluster next to the flagship: an edited one, or the one whose turn it is."""
    waiting = _waiting(sorted(candidates, key=lambda candidate: candidate.name), number)
    first = min(waiting, key=lambda capstone: (not capstone.edited, not capstone.reached), default=None)
    return first.name if first else None


def _waiting(ordered: Iterable[Candidate], number: int) -> list[Candidate]:
    """Return all but the flagship, from the one whose turn it is on: so an edit of the core runs others each time."""
    others = [candidate for candidate in ordered if candidate.name != FLAGSHIP]
    first = number % len(others) if others else 0
    return others[first:] + others[:first]


def its_turn(names: Sequence[str], number: int) -> list[str]:
    """Return the twelfth of some sorted names whose turn it is at some number of commits."""
    return names[number % TURNS :: TURNS]


def commits(root: Path = ROOT) -> int:
    """Return the number of commits, which says whose turn it is. CAPSTAN_TEST_TURN sets another."""
    return int(os.environ.get("CAPSTAN_TEST_TURN") or _git(root, "rev-list", "--count", "HEAD") or "0")


def base(root: Path = ROOT) -> str | None:
    """Return the commit since which changes count; None where the history is not there, as in a shallow clone.

    It is CAPSTAN_TEST_BASE where that is a known commit, else where this branch left main. On main itself nothing
    records the last landing, so it is LANDING commits back.
    """
    head = _git(root, "rev-parse", "HEAD")
    for command in (
        ("rev-parse", "--verify", f"{os.environ.get('CAPSTAN_TEST_BASE', '')}^{{commit}}"),
        ("merge-base", "HEAD", "origin/main"),
        ("merge-base", "HEAD", "main"),
        ("rev-parse", "--verify", f"HEAD~{LANDING}"),
    ):
        commit = _git(root, *command)
        if commit and commit != head:
            return commit
    return None


def changed(root: Path = ROOT) -> set[Path] | None:
    """Return the files that changed since the base, committed or not; None when that is not known."""
    since = base(root)
    if since is None:
        return None
    # Without renames, the old name of a file is listed as well.
    edited = _git(root, "diff", "--name-only", "--no-renames", "-z", since) or ""
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z") or ""
    return {root / name for name in f"{edited}\0{new}".split("\0") if name}


def candidates(files: set[Path] | None) -> list[Candidate]:
    """Return every capstone, and whether an edit of some files can reach it. None stands for an unknown edit."""
    from capstan import catalogue
    from capstan.versions.code import imported

    listed = []
    for name in catalogue.names():
        folder = catalogue.folder(name)
        closure = {*imported(folder.rglob("*.py")), ROOT / "requirements" / "all.lock"}
        edited = files is not None and any(folder in path.parents for path in files)
        listed.append(Candidate(name, edited, files is None or bool(files & closure)))
    return listed


def unreached(files: set[Path] | None, number: int) -> list[str]:
    """Return the test files of algorithms that an edit of our code cannot reach, but those whose turn it is.

    Another version of a library reaches them in their turn. files: that changed; None where that is not known.
    """
    from capstan.versions.code import imported

    tests = sorted(str(path) for folder in ALGORITHMS for path in folder.rglob("test_*.py"))
    if files is None:
        return []
    current = its_turn(tests, number)
    return [test for test in tests if test not in current and not files & {*imported([Path(test)])}]


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says; None when it fails, or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
