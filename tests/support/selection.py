"""Which tests `make test` selects: the core's, and those of some capstones. `make selection` shows them.

A capstone is selected when it is the flagship, when the latest commits can reach it, when it is its turn, or when no
other has its set of capabilities. Tests that are marked `rotating` have their turn as well. A turn is the number
of commits modulo six, so that six commits in a row run everything. `make test-all` selects all.
"""

import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT

FLAGSHIP = "flight_delay"
TURNS = 6
# An edit of the core reaches all capstones. Then these many run beside those whose turn it is.
REACHED = 3
# A landing has about this many commits. A base too far back selects more capstones, up to the bound, and misses none.
LANDING = 30


@dataclass(frozen=True)
class Candidate:
    """A capstone to choose from."""

    name: str
    capabilities: frozenset[str]
    edited: bool = False  # a file of its folder changed
    reached: bool = False  # a file that it imports changed


def choose(candidates: Iterable[Candidate], turn: int) -> dict[str, str]:
    """Return the names of the selected capstones, each with the reason."""
    ordered = sorted(candidates, key=lambda candidate: candidate.name)
    others = [candidate for candidate in ordered if candidate.name != FLAGSHIP]
    chosen = {candidate.name: "the flagship" for candidate in ordered if candidate.name == FLAGSHIP}
    names = [candidate.name for candidate in others]
    chosen |= dict.fromkeys(its_turn(names, turn), f"turn {turn + 1} of {TURNS}")
    # Those whose turn comes next go first: so an edit of the core does not run the same few each time.
    waiting = sorted(
        (one for one in others if one.name not in chosen and (one.edited or one.reached)),
        key=lambda one: (not one.edited, (names.index(one.name) - turn) % TURNS, one.name),
    )
    chosen |= {one.name: "edited" if one.edited else "imports what was edited" for one in waiting[:REACHED]}
    covered = {one.capabilities for one in ordered if one.name in chosen}
    for one in others:
        if one.capabilities not in covered:
            chosen[one.name] = f"the only one with {', '.join(sorted(one.capabilities)) or 'no capability'}"
            covered.add(one.capabilities)
    return dict(sorted(chosen.items()))


def its_turn(names: Sequence[str], turn: int) -> list[str]:
    """Return the sixth of some sorted names whose turn it is."""
    return [name for number, name in enumerate(names) if number % TURNS == turn]


def choose_one(candidates: Iterable[Candidate], number: int) -> str | None:
    """Return the capstone that runs on a cluster beside the flagship: an edited one, or the one whose turn it is."""
    others = sorted((one for one in candidates if one.name != FLAGSHIP), key=lambda candidate: candidate.name)
    turns = {one.name: (place - number) % len(others) for place, one in enumerate(others)}
    first = min(others, key=lambda one: (not one.edited, not one.reached, turns[one.name]), default=None)
    return first.name if first else None


def commits(root: Path = ROOT) -> int:
    """Return the number of commits, which says whose turn it is. CAPSTAN_TEST_TURN sets another."""
    return int(os.environ.get("CAPSTAN_TEST_TURN") or _git(root, "rev-list", "--count", "HEAD") or "0")


def turn(root: Path = ROOT) -> int:
    """Return the turn of this commit, from 0 on."""
    return commits(root) % TURNS


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
    from capstan.runner.code import imported

    listed = []
    for name in catalogue.names():
        folder = catalogue.folder(name)
        closure = {*imported(folder.rglob("*.py")), ROOT / "requirements" / "all.lock"}
        edited = files is not None and any(folder in path.parents for path in files)
        listed.append(Candidate(name, _capabilities(name), edited, files is None or bool(files & closure)))
    return listed


def _capabilities(name: str) -> frozenset[str]:
    from capstan import catalogue
    from capstan.errors import CapstanError

    try:
        return catalogue.load(name).capabilities
    except CapstanError as error:  # it is its own set, so it is selected, and its tests say what is wrong
        return frozenset([f"an error: {error}"])


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says; None when it fails, or is not there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
