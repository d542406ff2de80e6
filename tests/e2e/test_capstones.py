"""Another capstone on the cluster: its libraries and data, its pipeline by the plain `kfp` command, its endpoint.

With the images of its libraries one takes up to ten minutes, so it is one that was edited, or the one whose turn it is.
`make e2e-capstones` runs all, also those that train for longer. Each is taken down at the end: the node is small.
"""

import json

import pytest

from capstan import catalogue
from capstan import image_names as images
from tests.e2e import kube
from tests.e2e.submission import submit
from tests.support.data import DATA_DIR
from tests.support.selection import FLAGSHIP, candidates, changed, choose_one, commits
from tests.support.small import names, small

pytestmark = [pytest.mark.rotating, pytest.mark.beside, pytest.mark.timeout(2400)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    others = [name for name in names() if name != FLAGSHIP]
    if not metafunc.config.option.every_capstone:
        choices = [each for each in candidates(changed()) if each.name in others and not long(each.name)]
        others = [name for name in [choose_one(choices, commits())] if name]
    metafunc.parametrize("prepared", others, indirect=True)


@pytest.fixture
def prepared(request, cluster, tmp_path) -> str:
    """A capstone whose libraries and data the cluster has."""
    name = request.param
    folder = {"CAPSTAN_DATA_DIR": str(DATA_DIR)} if DATA_DIR else {}
    if long(name):
        (data := tmp_path / "data").mkdir()
        small(name).write(data)
        folder = {"CAPSTAN_DATA_DIR": str(data)}
    done = kube.capstan("cluster", "up", name, timeout=1500, **folder)
    assert done.returncode == 0, done.stderr
    yield name
    kube.capstan("retire", name, "--yes")


def long(name: str) -> bool:
    """Return whether a run on all data is too long here."""
    return getattr(small(name), "LONG_ON_CLUSTER", False)


def test_capstone_is_submitted_and_served(prepared, cluster, services, tmp_path):
    run = submit(cluster, services.port("pipelines"), tmp_path, prepared, getattr(small(prepared), "CLUSTER", ()))
    assert run.state == "SUCCEEDED", run.said
    predictor = kube.get("inferenceservice", prepared.replace("_", "-"))["spec"]["predictor"]
    assert predictor["containers"][0]["image"].rpartition(":")[2] == images.tag(prepared)
    request = tmp_path / "request.json"
    request.write_text(json.dumps(small(prepared).ASKED))
    [answer] = kube.answer("predict", prepared, "--file", str(request))["predictions"]
    fields = catalogue.load(prepared).Prediction.model_fields
    assert fields.keys() <= answer.keys()
    request.write_text(json.dumps(small(prepared).REFUSED[0]))
    refused = kube.capstan("predict", prepared, "--file", str(request))
    assert refused.returncode == 1 and small(prepared).REFUSED[1] in refused.stderr
