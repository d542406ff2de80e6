"""A new image comes to an endpoint under load."""

import subprocess
import time

import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, PODS, SERVICE, scale
from tests.e2e.load import load

pytestmark = pytest.mark.rotating


def test_new_image_comes_under_load_without_a_failed_request(endpoint, client):
    """The same image by another name: as a deployment after an edit, without its build."""
    current = kube.image(CAPSTONE)
    alias = f"{current}-again"
    subprocess.run(["docker", "tag", current, alias], check=True)
    kube.hand_over(alias)
    path = "/spec/predictor/containers/0/image"
    scale(1, 1)
    with load(client) as seen:
        for image in (alias, current):
            patch = f'[{{"op": "replace", "path": "{path}", "value": "{image}"}}]'
            kube.kubectl("patch", "isvc", SERVICE, "--namespace=capstan", "--type=json", f"--patch={patch}")

            def served(image: str = image) -> bool:
                there = kube.pods(PODS)
                images = {pod["spec"]["containers"][0]["image"] for pod in there}
                return images == {image} and all(map(kube.ready, there))

            kube.wait_until(served, 180, f"{image} on every pod")
            time.sleep(10)
    scale(1)
    assert not seen.failures, seen.failures
