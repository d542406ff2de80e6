"""An edit of a step's code is seen: the image has another tag, which is in the key of KFP's cache."""

import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from capstan import image_names as images
from tests.e2e import kube
from tests.support.processes import ROOT

pytestmark = [pytest.mark.rotating, pytest.mark.beside]

EDITED = Path("components/ingest/core.py")
# In a process of the copy: build and hand over its image, run a pipeline of one step, say how it went.
SCRIPT = """
import json, os, sys
from cluster import build, pipelines
from cluster.access import connect, local_addresses
image = build.build()
build.hand_over(image)
from tests.support.one_step import one_step
events = []
with connect("CAPSTAN_S3_ENDPOINT"), local_addresses(api=pipelines.API, metadata=pipelines.METADATA) as at:
    outputs, _ = pipelines.execute(one_step(image), "one_step", {"seed": sys.argv[1]},
                                   lambda step, state, _: events.append(state), at)
print(json.dumps({"image": image, "said": outputs["Output"], "events": events}))
"""


def run(checkout: Path, seed: str) -> dict:
    environment = kube.ENVIRONMENT | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, seed], cwd=checkout, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def checkout(cluster, tmp_path) -> Path:
    """A copy of this checkout."""
    left_out = shutil.ignore_patterns(".*_cache", ".venv", ".capstan", ".git", "__pycache__", "build")
    return Path(shutil.copytree(ROOT, tmp_path / "checkout", ignore=left_out, symlinks=True))


def test_step_runs_again_with_the_edited_code(checkout, cluster):
    seed = uuid.uuid4().hex
    before = run(checkout, seed)
    assert before["image"].endswith(images.core_digest())  # whatever the folder
    assert before["events"] == ["started", "done"] and before["said"] == "not edited"
    again = run(checkout, seed)
    assert again["events"][-1] == "cached" and again["said"] == "not edited"
    with (checkout / EDITED).open("a") as file:
        file.write(f'\nEDITED = "{seed}"\n')
    after = run(checkout, seed)
    assert after["image"] != before["image"]
    assert after["events"] == ["started", "done"] and after["said"] == seed
    subprocess.run(["docker", "image", "rm", after["image"]], check=True, capture_output=True)
