"""Capstones of the benchmarks, which the model server finds through CAPSTAN_CAPSTONES.

`columns` is the flagship's model whose request brings every input, so that nothing is looked up. `dense` is a small
torch network of the same numbers, not trained: what it predicts does not matter here, how long it takes does.
"""

import subprocess
import sys
from pathlib import Path

from capstan.settings import ROOT

FOLDER = Path(__file__).parent
NAMES = ("columns", "dense")


def environment(env: dict[str, str]) -> dict[str, str]:
    """Return an environment whose processes find these capstones."""
    return env | {"CAPSTAN_CAPSTONES": str(FOLDER)}


def register(env: dict[str, str], folder: Path) -> None:
    """Make champions of both, of the stack of an environment; write the flagship's model to `folder`/model.pkl."""
    command = [sys.executable, "-m", "tests.benchmarks.capstones", str(folder)]
    done = subprocess.run(command, env=environment(env), cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The benchmark's capstones were not registered:\n{done.stdout}{done.stderr}")
