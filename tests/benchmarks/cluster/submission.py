"""A run of the flagship by the plain `kfp` command, timed."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.services import UNFINISHED
from tests.e2e.submission import command
from tests.support.processes import ROOT

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Run:
    """A run that succeeded. Instants are seconds since 1970."""

    run_id: str
    submitted: float  # the command began
    accepted: float  # the command ended
    ended: float


def compiled(image: str, folder: Path, checkout: Path = ROOT, cache: bool = True) -> Path:
    """Compile the pipeline of a checkout; without a cache, every step runs, and none is kept for later runs."""
    package = folder / "flight_delay.yaml"
    source = checkout / "pipelines" / "flight_delay" / "pipeline.py"
    options = [] if cache else ["--disable-execution-caching-by-default"]
    more = {"CAPSTAN_IMAGE": image.rpartition(":")[0], "PYTHONPATH": str(checkout)}
    command("kfp", "dsl", "compile", "--py", str(source), "--output", str(package), *options, home=folder, **more)
    return package


def run(package: Path, url: str) -> Run:
    """Submit a pipeline and wait until it has ended. Raises RuntimeError when it has not ended well."""
    submitted = time.time()
    create = ["run", "create", "--experiment-name", "benchmarks", "--package-file", str(package)]
    output = command("kfp", "--endpoint", url, *create, home=package.parent)
    accepted, run_id = time.time(), ID.findall(output)[-1]
    while True:
        status = httpx.get(f"{url}/apis/v2beta1/runs/{run_id}").raise_for_status().json()
        if status.get("state", "PENDING") not in UNFINISHED:
            break
        time.sleep(1)
    if status["state"] != "SUCCEEDED":
        raise RuntimeError(f"the run {run_id} ended as {status['state']}")
    return Run(run_id, submitted, accepted, time.time())
