"""Dependencies point one way: the contracts are in pyproject.toml, under [tool.importlinter]."""

import subprocess
import sys
from pathlib import Path

from capstan.settings import ROOT


def test_imports_keep_the_contracts():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-logo", "--no-cache"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout
