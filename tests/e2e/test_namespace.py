"""Capstan in a namespace of another name, with another account for the steps, from `up` to a prediction."""

import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PROBABILITY

pytestmark = [pytest.mark.long, pytest.mark.alone]
NAME = "capstan-e2e-team"
OWN = {"CAPSTAN_NAMESPACE": NAME, "CAPSTAN_SERVICE_ACCOUNT": NAME}
BINDING = "rolebinding.rbac.authorization.k8s.io"


@pytest.fixture(scope="module")
def team(ran) -> None:
    """A second Capstan, which has Kubeflow Pipelines to itself until the end, and the bucket's files with the first."""
    account = [f"--serviceaccount=kubeflow:{NAME}"]
    kube.kubectl("create", "serviceaccount", NAME, "--namespace=kubeflow")
    kube.kubectl("create", "rolebinding", NAME, "--role=capstan-steps", *account, "--namespace=kubeflow")
    try:
        up(**OWN)
        kube.kubectl("create", "rolebinding", "team", "--role=steps", *account, f"--namespace={NAME}")
        yield
    finally:
        kube.kubectl("delete", "inferenceservices", "--all", f"--namespace={NAME}", "--ignore-not-found")
        kube.kubectl("delete", "namespace", NAME, "--ignore-not-found", "--wait=false")
        kube.kubectl("delete", f"serviceaccount/{NAME}", f"{BINDING}/{NAME}", "--namespace=kubeflow")
        up()  # Kubeflow Pipelines is the first one's again


def up(**environment: str) -> None:
    done = kube.capstan("cluster", "up", **environment)
    assert done.returncode == 0, done.stderr


def test_run_serves_and_predicts_there(team):
    summary = kube.answer("run", CAPSTONE, **OWN)
    assert (summary["verdict"], summary["version"]) == ("accepted", "1")
    given = [f"--entity={name}={value}" for name, value in FLIGHT.items()]
    [answer] = kube.answer("predict", CAPSTONE, *given, **OWN)["predictions"]
    assert round(answer["probability"], 3) == PROBABILITY
    assert kube.answer("cluster", "status", **OWN)["troubles"] == []
    there = kube.get("inferenceservices", namespace=NAME)["items"]
    assert [item["metadata"]["name"] for item in there] == [CAPSTONE.replace("_", "-")]
    steps = kube.pods("capstan/capstone", namespace="kubeflow")
    assert NAME in {pod["spec"]["serviceAccountName"] for pod in steps}
