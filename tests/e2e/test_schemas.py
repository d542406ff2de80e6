"""The cluster's own API servers, KServe's and KubeRay's among them, take every overlay of the manifests."""

import subprocess

import pytest
import yaml

from tests.e2e import kube
from tests.support.processes import ROOT

pytestmark = [pytest.mark.rotating, pytest.mark.beside]

OVERLAYS = sorted(path.parent.name for path in (ROOT / "manifests" / "overlays").glob("*/kustomization.yaml"))
ELSEWHERE = "capstan-e2e"  # a namespace of these tests: some fields of what runs may not change


@pytest.fixture(scope="module")
def elsewhere(cluster):
    kube.kubectl("create", "namespace", ELSEWHERE)
    yield ELSEWHERE
    kube.kubectl("delete", "namespace", ELSEWHERE, "--wait=false")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlay_is_taken(overlay, elsewhere):
    text = kube.kubectl("kustomize", str(ROOT / "manifests" / "overlays" / overlay))
    objects = [item for item in yaml.safe_load_all(text) if item]
    assert objects
    for item in objects:
        if item["metadata"].get("namespace") == "capstan":
            item["metadata"]["namespace"] = elsewhere
        for subject in item.get("subjects", []):
            assert subject["namespace"] == "kubeflow"
    output = kube.kubectl("apply", "--server-side", "--dry-run=server", "--force-conflicts", "--filename=-",
                        input=yaml.safe_dump_all(objects))  # fmt: skip
    assert output.count("(server dry run)") == len(objects)


def test_what_was_applied_is_what_the_manifests_say(cluster):
    """`kubectl diff` finds nothing but what `capstan cluster up` adds: images, and annotations."""
    folder = ROOT / "manifests" / "overlays" / "kind"
    done = subprocess.run(["kubectl", "diff", "--kustomize", str(folder)], capture_output=True, text=True)
    changed = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    known = ("image:", "core-image:", "generation:", "capstan/", "annotations:")
    assert [line for line in changed if not any(word in line for word in known)] == []
