"""`python -m tests.benchmarks.room`: what `.ci/run` selects with 36 capstones, most of them copies of a small one.

It works in a clone of the last commit. `--run` runs `.ci/run` there as well, and prints how long it takes:
CAPSTAN_CI_CLUSTER names the cluster, or says `none`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.data import DATA_DIR
from tests.support.processes import ROOT
from tests.support.selection import TURNS, commits

COPIED = "credit_risk"  # small, with its own libraries, and its data comes with a package


def copy(pipelines: Path, folder: Path, name: str) -> None:
    """Write a copy of a capstone of `pipelines` to a folder of capstones."""
    target = shutil.copytree(pipelines / COPIED, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (path for path in target.rglob("*") if path.is_file()):
        text = path.read_text().replace(COPIED, name)
        path.write_text(text.replace(COPIED.replace("_", "-"), name.replace("_", "-")))


def add_copies(checkout: Path, count: int) -> None:
    """Commit copies of a capstone until there are `count` capstones."""
    for number in range(count - len([*checkout.glob("pipelines/*/task.py")])):
        copy(checkout / "pipelines", checkout / "pipelines", f"copy_{number:02}")
    for tidy in (["check", "--fix"], ["format"]):  # a shorter name moves the ends of lines
        subprocess.run([sys.executable, "-m", "ruff", *tidy, "--quiet", "pipelines"], cwd=checkout, check=True)
    commit(checkout, "Copies")


def commit(checkout: Path, message: str) -> None:
    """Commit all that has changed."""
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com"]
    for command in (["add", "."], [*identity, "commit", "--quiet", "--message", message]):
        subprocess.run(["git", *command], cwd=checkout, check=True)


def show(checkout: Path, edited: str = "") -> None:
    """Print the selection of each turn, for an edit of one file or of none since the copies were committed."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    print(f"\nAn edit of {edited}:" if edited else "\nThe copies are new, and count as edited:")
    if edited:
        with (checkout / edited).open("a") as file:
            file.write("\n\n# edited\n")
        environment["CAPSTAN_TEST_BASE"] = "HEAD~1"
        commit(checkout, "Edit")
    for turn in range(TURNS):
        began = time.monotonic()
        command = [sys.executable, "-m", "tests.support.selected"]
        environment["CAPSTAN_TEST_TURN"] = str(commits(checkout) + turn)
        done = subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True)
        print(
            f"{done.stdout}  {len(done.stdout.splitlines()) - 1} capstones, chosen in {time.monotonic() - began:.1f} s"
        )


def main() -> None:
    """Show the selections, and run what `.ci/run` runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capstones", type=int, default=36)
    parser.add_argument("--run", action="store_true", help="run .ci/run in the clone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="capstan-room-") as folder:
        checkout = Path(folder) / "capstan"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        add_copies(checkout, options.capstones)
        show(checkout)
        show(checkout, f"pipelines/{COPIED}/task.py")
        show(checkout, "capstan/data/files.py")
        if options.run:
            if DATA_DIR:
                (Path(folder) / "shared").symlink_to(DATA_DIR.parent)  # next to the clone, as next to this checkout
            began = time.monotonic()
            code = subprocess.run([".ci/run"], cwd=checkout).returncode
            print(f".ci/run with {options.capstones} capstones: {time.monotonic() - began:.0f} s, exit code {code}")
            sys.exit(code)


if __name__ == "__main__":
    main()
