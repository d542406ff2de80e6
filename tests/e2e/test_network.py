"""Who reaches whom: each arrow of the network policies, tried from a pod that has the labels of its start."""

import json

import pytest

from tests.e2e import kube
from tests.e2e.conftest import HERE

pytestmark = pytest.mark.rotating

# The pods that try: namespace and labels. Nothing is changed in what they pretend to be.
WHO = {
    "step": ("kubeflow", {"pipeline/runid": "e2e"}),
    "other-step": ("kubeflow", {"pipeline/runid": "e2e-2"}),
    "pod-of-kubeflow": ("kubeflow", {"app": "e2e"}),
    "stranger": ("default", {"app": "e2e"}),
    "endpoint": ("capstan", {"serving.kserve.io/inferenceservice": "e2e"}),
    "mlflow": ("capstan", {"app.kubernetes.io/name": "mlflow"}),
    "evidently": ("capstan", {"app.kubernetes.io/name": "evidently"}),
    "prometheus": ("capstan", {"app.kubernetes.io/name": "prometheus"}),
    "clean": ("capstan", {"app.kubernetes.io/name": "clean"}),
    "ray-head": ("capstan", {"ray.io/cluster": "e2e"}),
    "ray-worker": ("capstan", {"ray.io/cluster": "e2e-2"}),
    "unlabelled": ("capstan", {"app": "e2e"}),
}
# Services, as namespace, name and port; and two of the pods above, which answer on Ray's port.
WHERE = {
    "mlflow": ("capstan", "mlflow", 5000),
    "evidently": ("capstan", "evidently", 8000),
    "postgres": ("capstan", "postgres", 5432),
    "redis": ("capstan", "redis", 6379),
    "prometheus": ("capstan", "prometheus", 9090),
    "endpoint": ("capstan", "flight-delay-predictor", 80),
    "endpoint by gRPC": ("capstan", "flight-delay-predictor", 8081),
    "S3": ("kubeflow", "seaweedfs", 9000),
    "Kubernetes": ("default", "kubernetes", 443),
    "Pipelines": ("kubeflow", "ml-pipeline", 8888),
    "ray-head": None,
    "other-step": None,
}
OPEN = {
    "step": {
        "mlflow", "evidently", "postgres", "redis", "endpoint", "endpoint by gRPC", "S3", "Kubernetes", "Pipelines",
        "ray-head",
    },
    "pod-of-kubeflow": {"S3", "Kubernetes", "Pipelines"},
    "stranger": {"Kubernetes", "Pipelines"},  # Kubeflow Pipelines' own installation leaves this open
    "endpoint": {"mlflow", "postgres", "redis", "S3"},
    "mlflow": {"postgres", "S3"},
    "evidently": set(),
    "prometheus": {"endpoint"},
    "clean": {"mlflow", "postgres", "S3", "Pipelines"},
    "ray-worker": {"mlflow", "S3", "ray-head"},
    "unlabelled": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def probes(ran) -> dict[str, kube.Pod]:
    bodies = [kube.definition(f"e2e-{name}", labels, where) for name, (where, labels) in WHO.items()]
    with kube.running(*bodies) as made:
        yield dict(zip(WHO, made, strict=True))


@pytest.fixture(scope="module")
def addresses(probes) -> list[tuple[str, int]]:
    """By number, so that no closed door is a name that was not found."""
    services = {name: where for name, where in WHERE.items() if where}
    by_name = {
        name: (kube.get("service", where[1], namespace=where[0])["spec"]["clusterIP"], where[2])
        for name, where in services.items()
    }
    return [by_name.get(name) or (probes[name].address, 8265) for name in WHERE]


@pytest.mark.parametrize("who", OPEN)
def test_only_these_arrows_are_open(who, probes, addresses):
    reached = probes[who].run(HERE / "in_pod" / "reach.py", json.dumps(addresses))
    assert {name for name, is_open in zip(WHERE, reached, strict=True) if is_open} == OPEN[who]
