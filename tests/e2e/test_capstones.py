"""Every other capstone on the cluster: its libraries and data, its pipeline by the plain `kfp` command, its endpoint.

With the images of its libraries it takes up to ten minutes for each. It is taken down at the end: the node is small.
"""

import json

import pytest

from capstan import catalogue, images
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE
from tests.e2e.submission import submit
from tests.support.data import DATA_DIR
from tests.support.small import small

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
NAMES = [name for name in catalogue.names() if name != CAPSTONE]
PARAMETERS = {"digits": ["workers=2", "epochs=2"]}  # on a Ray cluster of its own, of two workers


@pytest.fixture
def prepared(request, cluster) -> str:
    """A capstone whose libraries and data the cluster has."""
    name = request.param
    folder = {"CAPSTAN_DATA_DIR": str(DATA_DIR)} if DATA_DIR else {}
    done = kube.capstan("cluster", "up", name, timeout=1500, **folder)
    assert done.returncode == 0, done.stderr
    yield name
    kube.capstan("retire", name, "--yes")


@pytest.mark.parametrize("prepared", NAMES, indirect=True)
def test_capstone_is_submitted_and_served(prepared, cluster, services, tmp_path):
    run = submit(cluster, services.port("pipelines"), tmp_path, prepared, PARAMETERS.get(prepared, ()))
    assert run.state == "SUCCEEDED", run.said
    predictor = kube.get("inferenceservice", prepared.replace("_", "-"))["spec"]["predictor"]
    extra = catalogue.load_task(prepared).EXTRA
    assert predictor["containers"][0]["image"].rpartition(":")[2] == images.image(extra).rpartition(":")[2]
    request = tmp_path / "request.json"
    request.write_text(json.dumps(small(prepared).ASKED))
    [answer] = kube.answer("predict", prepared, "--file", str(request))["predictions"]
    fields = catalogue.load_task(prepared).Prediction.model_fields
    assert fields.keys() <= answer.keys()
    request.write_text(json.dumps(small(prepared).REFUSED[0]))
    refused = kube.capstan("predict", prepared, "--file", str(request))
    assert refused.returncode == 1 and small(prepared).REFUSED[1] in refused.stderr
