"""Weights on the cluster: a step fetches them, `train` gets them as an artifact, and the endpoint reads them, too."""

import shutil
import uuid
from pathlib import Path

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.own_image import with_capstones
from tests.support.processes import ROOT

pytestmark = [pytest.mark.rotating, pytest.mark.beside, pytest.mark.timeout(1200)]
FLOWER = {"sepal_length": 6.3, "sepal_width": 3.3, "petal_length": 6.0, "petal_width": 2.5}  # a virginica


@pytest.fixture(scope="module")
def capstones(tmp_path_factory) -> Path:
    """A folder with a capstone that reads weights, under a new name."""
    folder = tmp_path_factory.mktemp("weights") / "capstones"
    shutil.copytree(ROOT / "tests" / "small_capstones" / "weights" / "iris", folder / f"iris{uuid.uuid4().hex[:8]}")
    return folder


def test_weights_reach_training_and_endpoint(cluster, capstones, services, tmp_path):
    [name] = [folder.name for folder in capstones.iterdir()]
    with with_capstones(cluster, capstones, tmp_path) as image:
        environment = {"CAPSTAN_IMAGE": image, "CAPSTAN_CAPSTONES": str(capstones)}
        ran = kube.answer("run", name, **environment)
        try:
            assert ran["verdict"] == "accepted" and ran["scores"]["accuracy"] > 0.8
            with kube.forward(f"svc/{name}-predictor", 80) as port:
                url = f"http://127.0.0.1:{port}/v1/models/{name}:predict"
                reply = httpx.post(url, json={"instances": [FLOWER]}, headers=services.bearer, timeout=30)
            assert [answer["species"] for answer in reply.raise_for_status().json()["predictions"]] == [2]
        finally:
            kube.answer("retire", name, "--yes", **environment)
