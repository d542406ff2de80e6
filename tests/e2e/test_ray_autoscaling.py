"""Training on a Ray cluster that grows and shrinks. It takes about ten minutes."""

import json
import os
import shlex
import time
from pathlib import Path

import pytest

from cluster import ray_job
from cluster.access import connect
from cluster.options import options
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.support.manifests import MANIFESTS

pytestmark = pytest.mark.long
NAME = "e2e-growing"
SCRIPT = Path(__file__).parent / "in_pod" / "grow.py"


@pytest.fixture(scope="module")
def growing(cluster, tmp_path_factory):
    """The cluster, brought up with an overlay that takes up the component `ray-autoscaling`; afterwards without it."""
    folder, before = tmp_path_factory.mktemp("overlay"), options().overlay
    overlay, component = (
        os.path.relpath(MANIFESTS / path, folder) for path in ("overlays/kind", "components/ray-autoscaling")
    )
    content = {"kind": "Kustomization", "resources": [overlay], "components": [component]}
    (folder / "kustomization.yaml").write_text(json.dumps(content))
    try:
        up("--overlay", str(folder))
        yield
    finally:
        up("--overlay", before)
        # What an overlay no longer has stays, except in an object that it has.
        kube.kubectl("delete", "networkpolicy", "ray-autoscaling", "--namespace=capstan", "--ignore-not-found")


def up(*arguments: str) -> None:
    done = kube.capstan("cluster", "up", *arguments)
    assert done.returncode == 0, done.stderr


def wait_for_workers(count: int, seconds: float = 300) -> None:
    """Wait until there are so many pods of workers. No other test trains on Ray meanwhile."""
    kube.wait_until(lambda: len(kube.pods("ray.io/node-type=worker")) == count, seconds, f"{count} workers")


def test_training_gets_its_second_worker_when_it_asks_for_it(ran, growing, services):
    """The model is as good, and nothing is left behind."""
    services.wait_for_flagship()
    seed = str(time.time_ns() % 10_000)  # otherwise the cache may have the model
    with kube.start("run", CAPSTONE, "--workers", "2", "--seed", seed, "--canary", "1", "--json") as run:
        wait_for_workers(1, 600)
        wait_for_workers(2)
        output, errors = run.communicate(timeout=900)
    assert run.returncode == 0, errors
    trained = json.loads(output)
    assert trained["scores"]["roc_auc"] == pytest.approx(ran["scores"]["roc_auc"], abs=0.01)
    assert kube.get("rayjobs.ray.io")["items"] == []
    kube.wait_until(lambda: not kube.pods("ray.io/cluster"), 60, "no pod of Ray")
    if trained["verdict"] == "accepted" and services.rollout()["challenger"]:
        kube.answer("rollback", CAPSTONE)


@pytest.fixture
def job(growing):
    """A training job on two workers at the most, made as a step makes it from the settings of the cluster."""
    with connect():
        image = kube.image(CAPSTONE)
        body = ray_job.definition(NAME, f"python -c {shlex.quote(SCRIPT.read_text())}", 2, image)
    kube.kubectl("apply", "--filename=-", input=json.dumps(body))
    yield
    kube.kubectl("delete", "rayjob", NAME, "--namespace=capstan")


def status() -> str:
    """Return where the job is, as Ray says it."""
    return kube.get("rayjob.ray.io", NAME).get("status", {}).get("jobStatus", "")


def test_idle_worker_goes_while_the_training_goes_on(job):
    """The training itself has no token: see the script."""
    for count in (1, 2, 1):
        wait_for_workers(count)
    kube.wait_until(lambda: status() in ray_job.ENDED, 60, "the end of the job")
    assert status() == "SUCCEEDED"
