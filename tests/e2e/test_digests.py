"""Images by their digest in the registry: services, steps and the endpoint."""

import pytest

from cluster.options import options
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, PODS, PROBABILITY, predicted
from tests.e2e.services import Services

pytestmark = [pytest.mark.long, pytest.mark.alone]


@pytest.fixture(scope="module")
def pinned(ran):
    """The cluster, brought up with digests; afterwards without them."""
    if "push" not in options().image_command:
        pytest.skip("needs a registry: `make cluster` with --image-command")
    up("--image-digest")
    yield
    up("--no-image-digest")


def up(option: str) -> None:
    done = kube.capstan("cluster", "up", option)
    assert done.returncode == 0, done.stderr


def test_every_image_of_ours_has_its_digest(pinned):
    pods = kube.pods("app.kubernetes.io/part-of=capstan,!serving.kserve.io/inferenceservice")
    images = {box["image"] for pod in pods for box in pod["spec"]["containers"]}
    ours = {image for image in images if "capstan" in image}
    assert ours and all("@sha256:" in image for image in ours), images
    assert "@sha256:" in kube.image() and "@sha256:" in kube.image(CAPSTONE)


def test_run_with_such_an_image_is_served(pinned):
    with Services() as services:
        assert services.summary()["verdict"] == "accepted"
    [image] = {box["image"] for pod in kube.pods(PODS) for box in pod["spec"]["containers"]}
    assert "@sha256:" in image and predicted() == PROBABILITY
