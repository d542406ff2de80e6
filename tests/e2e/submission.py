"""Submit the flagship as a user of Kubeflow Pipelines would: compiled to a file, with the plain `kfp` command."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT

BIN = Path(sys.executable).parent
CHECKOUT = {"PYTHONPATH": str(ROOT)}  # whatever is installed, the code is that of this checkout
PIPELINE = ROOT / "pipelines" / "flight_delay" / "pipeline.py"


@dataclass
class Submission:
    """A run that has ended: what was submitted, what the command said, and how it ended."""

    package: Path
    run_id: str
    state: str
    said: str


def command(*arguments: str, home: Path, timeout: float = 900, **environment: str) -> str:
    """Return what a command prints that knows nothing of Capstan or of a cluster. Its folder is `home`."""
    clean = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(home)} | environment
    done = subprocess.run(arguments, env=clean, cwd=home, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compile_with_kfp(image: str, path: Path) -> None:
    """Compile the pipeline as the README says."""
    options = ["--py", str(PIPELINE), "--output", str(path)]
    command("kfp", "dsl", "compile", *options, home=path.parent, CAPSTAN_IMAGE=image, **CHECKOUT)


def submit(image: str, port: int, folder: Path) -> Submission:
    """Compile the pipeline, submit it and wait for its end."""
    package = folder / "flight_delay.yaml"
    compile_with_kfp(image, package)
    server = ["kfp", "--endpoint", f"http://127.0.0.1:{port}"]
    create = ["run", "create", "--experiment-name", "e2e", "--package-file", package.name, "--watch"]
    said = command(*server, *create, home=folder)
    ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", said)  # of the experiment, then of the run
    state = re.search(r"finished with state (\w+)", said)
    return Submission(package, ids[-1] if ids else "", state[1] if state else "", said)
