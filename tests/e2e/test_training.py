"""Training on a Ray cluster that the run makes. It takes about four minutes."""

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
