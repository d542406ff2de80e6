"""Training on a Ray cluster that the run makes. Each run takes some minutes."""

import json
from datetime import UTC, datetime

import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE

pytestmark = pytest.mark.long


def test_training_on_a_ray_cluster_of_its_own(ran, services):
    """It leaves no job, no pod and no file behind. With one worker the model is as good, not the same."""
    trained = services.summary("--workers", "1", "--canary", "1", timeout=1200)
    assert trained["scores"]["roc_auc"] == pytest.approx(ran["scores"]["roc_auc"], abs=0.01)
    assert kube.get("rayjobs.ray.io")["items"] == []
    kube.wait_until(lambda: not kube.pods("ray.io/cluster"), 60, "no pod of Ray")
    if trained["verdict"] == "accepted" and trained["version"] != ran["version"]:
        kube.answer("rollback", CAPSTONE)


@pytest.fixture
def ray_engine(cluster):
    """Ray as the engine of every step, with little memory for a task, as an overlay may set it."""
    own = {"CAPSTAN_ENGINE": "ray", "CAPSTAN_TASK_MEMORY_MB": "64"}
    configure(own)
    yield
    configure(dict.fromkeys(own))


def configure(settings: dict[str, str | None]) -> None:
    patch = json.dumps({"data": settings})
    kube.kubectl("patch", "configmap", "capstan", "--namespace=kubeflow", "--type=merge", f"--patch={patch}")


def test_where_ray_is_the_engine_no_step_holds_the_training_set(ray_engine, services):
    """It stays in batches from the join to two workers, and the model is accepted."""
    began = datetime.now(UTC)
    # Otherwise the cache has the training set as another engine's run has made it: as one file.
    anew = {"KFP_DISABLE_EXECUTION_CACHING_BY_DEFAULT": "true"}
    trained = services.summary("--workers", "2", "--canary", "1", timeout=1800, **anew)
    files = services.written("mlpipeline", "v2/artifacts/flight-delay/", began)
    for table in ("/training_set/training_set/", "/train/flights/"):
        sizes = [size for key, size in files.items() if table in key]
        assert len(sizes) > 1 and max(sizes) < sum(sizes) / 2, (table, sizes)
    assert trained["scores"]["roc_auc"] > 0.7
    assert kube.get("rayjobs.ray.io")["items"] == []
    if trained["verdict"] == "accepted" and services.rollout()["challenger"]:
        kube.answer("rollback", CAPSTONE)
