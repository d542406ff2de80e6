"""What a newcomer waits for: `make demo` and `make test` in a fresh clone, with an empty environment and no state."""

import subprocess
import tempfile
import time

from capstan.settings import ROOT
from tests.benchmarks.figures import table

__all__ = ["rows", "table"]


def rows() -> list[dict]:
    """Return the wall times; packages come from where pip and uv are set to look, or from their caches."""
    with tempfile.TemporaryDirectory(prefix="capstan-clone-") as folder:
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), folder], check=True)
        try:
            _make(folder, "demo")
            demo = time.monotonic() - began
        finally:
            subprocess.run([f"{folder}/.venv/bin/capstan", "down"], check=False)
        began = time.monotonic()
        _make(folder, "test")
        test = time.monotonic() - began
    return [
        {"what": "fresh clone to the first served prediction", "goal": "under 5 min", "measured": f"{demo:.0f} s"},
        {"what": "`make test` after it", "goal": "under 25 min", "measured": f"{test:.0f} s"},
    ]


def _make(folder: str, target: str) -> None:
    done = subprocess.run(["make", "-C", folder, "--no-print-directory", target])
    if done.returncode:
        raise RuntimeError(f"make {target} failed in a fresh clone")
