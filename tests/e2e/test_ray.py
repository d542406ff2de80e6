"""Training on a RayCluster that is there already."""

import json

import pytest

from capstan.data.files import write_tables
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.settings import settings
from cluster import ray_job
from cluster.access import connect
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.support import flights

pytestmark = [pytest.mark.rotating, pytest.mark.beside]
NAME = "e2e-shared"


@pytest.fixture(scope="module")
def ray_cluster(cluster):
    """A cluster of a head and one worker, as somebody else may have made it."""
    image = kube.image(CAPSTONE)
    spec = ray_job.definition(NAME, "true", 1, image)["spec"]["rayClusterSpec"]
    body = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": NAME, "namespace": "capstan"}}
    kube.kubectl("apply", "--filename=-", input=json.dumps(body | {"spec": spec}))
    try:
        kube.wait_until(lambda: len(pods()) == 2 and all(map(kube.ready, pods())), 180, "head and worker ready")
        yield image
    finally:
        kube.kubectl("delete", "raycluster", NAME, "--namespace=capstan")
        kube.wait_until(lambda: not pods(), 60, "no pod of the cluster")


def pods() -> list[dict]:
    return kube.pods(f"ray.io/cluster={NAME}")


@pytest.fixture
def on_it(monkeypatch):
    """The settings of the cluster, and the RayCluster among them."""
    monkeypatch.setenv("CAPSTAN_SCHEDULING", f"ray: {{cluster: {NAME}}}")
    with connect("CAPSTAN_S3_ENDPOINT"):
        yield


def train(image: str, tmp_path) -> None:
    write_tables({"flights": flights.rows_with_known_truth(5_000)}, tmp_path / "tables")
    folders, parameters = (tmp_path / "tables", tmp_path / "model"), json.dumps({"workers": 1})
    ray_job.run(profile().storage(), "components.train.remote", CAPSTONE, *folders, parameters, 1, image)


def test_job_trains_on_it_and_leaves_it_alone(ray_cluster, on_it, tmp_path):
    before = {pod["metadata"]["uid"] for pod in pods()}
    train(ray_cluster, tmp_path)
    assert (tmp_path / "model" / "MLmodel").exists()
    assert {pod["metadata"]["uid"] for pod in pods()} == before
    kube.wait_until(
        lambda: NAME not in map(cluster_of, kube.get("rayjobs.ray.io")["items"]), 60, "no job of the cluster"
    )
    assert kube.get("raycluster.ray.io", NAME)["status"]["state"] == "ready"


def cluster_of(job: dict) -> str:
    return job["spec"].get("clusterSelector", {}).get("ray.io/cluster", "")


def test_cluster_that_is_not_there_is_one_line(cluster, on_it, monkeypatch, tmp_path):
    monkeypatch.setenv("CAPSTAN_SCHEDULING", "ray: {cluster: e2e-not-there}")
    settings.cache_clear()
    with pytest.raises(CapstanError, match="no RayCluster 'e2e-not-there'"):
        train(kube.image(CAPSTONE), tmp_path)
