"""A copy of this checkout with an edit: its image has no step in KFP's cache, and its model is a new version."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capstan.settings import settings
from cluster import inference_service
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, PODS
from tests.support.processes import ROOT

EDITED = Path("pipelines/flight_delay/task.py")  # every model has a copy of it
LEFT_OUT = shutil.ignore_patterns(".*_cache", ".venv", ".capstan", ".git", "__pycache__", "build")
COMMAND = "from cli import main; main()"
TAG = f"import capstan.image_names; print(capstan.image_names.image('{CAPSTONE}'))"


def repository() -> str:
    """Return the image's repository: the tag is that of the code."""
    image = kube.image()
    return image.rpartition(":")[0]


def python(checkout: Path, script: str, *arguments: str) -> str:
    """Run a script with the code of a checkout; return what it prints. Raises RuntimeError."""
    own = {"CAPSTAN_HOME": str(settings().home), "CAPSTAN_IMAGE": repository(), "PYTHONPATH": str(checkout)}
    environment = kube.ENVIRONMENT | own
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} in {checkout}: {done.stdout}{done.stderr}")
    return done.stdout


def up(checkout: Path = ROOT) -> dict:
    """Return what `capstan cluster up --json` of a checkout says."""
    summary: dict = json.loads(python(checkout, COMMAND, "cluster", "up", "--json"))
    return summary


@contextmanager
def edited() -> Iterator[Path]:
    """Yield a copy with an edit. Afterwards the cluster has this checkout again, also in the endpoint's pod."""
    there = endpoint_image()
    with tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
        checkout = Path(shutil.copytree(ROOT, Path(folder, "checkout"), ignore=LEFT_OUT, symlinks=True))
        with (checkout / EDITED).open("a") as file:
            file.write(f"\n# {uuid.uuid4().hex}\n")
        image = python(checkout, TAG).strip()
        try:
            yield checkout
        finally:
            up()
            if there and endpoint_image() != there:
                inference_service.apply(CAPSTONE, there)
                gone(image)
            subprocess.run(["docker", "image", "rm", image], capture_output=True)


def endpoint_image() -> str:
    """Return the image of the endpoint's pods, or ""."""
    pods = kube.pods(PODS)
    return pods[0]["spec"]["containers"][0]["image"] if pods else ""


def gone(image: str) -> None:
    """Wait until no pod of the endpoint has an image: one that ends still answers for a while."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        pods = kube.get("pods", selector=PODS)["items"]
        if all(pod["spec"]["containers"][0]["image"] != image for pod in pods):
            return
        time.sleep(1)
