"""Run a capstone without `capstan --profile cluster`: by the plain `kfp` command, and on this machine."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes import ROOT, free_port

BIN = Path(sys.executable).parent
CHECKOUT = {"PYTHONPATH": str(ROOT)}  # whatever is installed, the code is that of this checkout


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


def compile_with_kfp(image: str, path: Path, capstone: str = "flight_delay") -> None:
    """Compile a pipeline as the README says. image: the core's, of whose repository the capstone's is."""
    repository = image.rpartition(":")[0]
    options = ["--py", str(ROOT / "pipelines" / capstone / "pipeline.py"), "--output", str(path)]
    command("kfp", "dsl", "compile", *options, home=path.parent, CAPSTAN_IMAGE=repository, **CHECKOUT)


def submit(
    image: str, port: int, folder: Path, capstone: str = "flight_delay", parameters: Sequence[str] = ()
) -> Submission:
    """Compile a pipeline, submit it and wait for its end. parameters: each NAME=VALUE."""
    package = folder / f"{capstone}.yaml"
    compile_with_kfp(image, package, capstone)
    server = ["kfp", "--endpoint", f"http://127.0.0.1:{port}"]
    create = ["run", "create", "--experiment-name", "e2e", "--package-file", package.name, "--watch", *parameters]
    output = command(*server, *create, home=folder, timeout=1800)
    ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", output)  # of the experiment, then of the run
    state = re.search(r"finished with state (\w+)", output)
    return Submission(package, ids[-1] if ids else "", state[1] if state else "", output)


class LocalRun:
    """`capstan run flight_delay` on this machine, with its own state folder, in the background."""

    def __init__(self, folder: Path):
        ports = {f"CAPSTAN_{name}_PORT": str(free_port()) for name in ("MLFLOW", "ENDPOINT", "GRPC", "EVIDENTLY")}
        self.folder, self.environment = folder, {"CAPSTAN_HOME": str(folder / "home"), **ports, **CHECKOUT}
        clean = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(folder)} | self.environment
        self.said, self.errors = folder / "said", folder / "errors"
        with self.said.open("w") as out, self.errors.open("w") as errors:
            arguments = ["capstan", "run", "flight_delay", "--json"]
            self.child = subprocess.Popen(arguments, env=clean, cwd=folder, stdout=out, stderr=errors)

    def summary(self) -> dict:
        """Return what it printed, when it has ended."""
        assert self.child.wait(600) == 0, self.errors.read_text()
        return json.loads(self.said.read_text())

    def close(self) -> None:
        """Stop it, and the stack that it started."""
        self.child.terminate()
        self.child.wait()
        command("capstan", "down", home=self.folder, **self.environment)
