"""Which pod reaches which: each arrow of the network policies, tried from a pod that has the labels of its start."""

import json

import pytest

from tests.e2e import kube
from tests.e2e.conftest import HERE

pytestmark = pytest.mark.rotating

# The pods that try: namespace and labels. Nothing is changed in what they pretend to be.
WHO = {
    "step": ("kubeflow", {"pipeline/runid": "e2e", "capstan/capstone": "e2e"}),
    "other-step": ("kubeflow", {"pipeline/runid": "e2e-2", "capstan/capstone": "e2e"}),
    "step-of-others": ("kubeflow", {"pipeline/runid": "e2e-3"}),
    "pipelines-own": ("kubeflow", {"application-crd-id": "kubeflow-pipelines"}),
    "pod-of-kubeflow": ("kubeflow", {"app": "e2e"}),
    "stranger": ("default", {"app": "e2e"}),
    "application": ("capstan-e2e-let-in", {"app": "e2e"}),
    "endpoint": ("capstan", {"serving.kserve.io/inferenceservice": "e2e"}),
    "mlflow": ("capstan", {"app.kubernetes.io/name": "mlflow"}),
    "evidently": ("capstan", {"app.kubernetes.io/name": "evidently"}),
    "prometheus": ("capstan", {"app.kubernetes.io/name": "prometheus"}),
    "clean": ("capstan", {"app.kubernetes.io/name": "clean"}),
    "ray-head": ("capstan", {"ray.io/cluster": "e2e"}),
    "ray-worker": ("capstan", {"ray.io/cluster": "e2e-2"}),
    "unlabelled": ("capstan", {"app": "e2e"}),
}
# Services, as namespace, name and port; and three of the pods above, which answer on Ray's port.
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
    "ML Metadata": ("kubeflow", "metadata-grpc-service", 8080),
    "its database": ("kubeflow", "mysql", 3306),
    "ray-head": None,
    "other-step": None,
    "application": None,
}
OPEN = {
    "step": {
        "mlflow", "evidently", "postgres", "redis", "endpoint", "endpoint by gRPC", "S3", "Kubernetes", "Pipelines",
        "ML Metadata", "ray-head", "application",
    },
    "step-of-others": {"S3", "Kubernetes", "Pipelines", "ML Metadata", "application"},
    "pipelines-own": {"S3", "Kubernetes", "Pipelines", "ML Metadata", "its database", "application"},
    "pod-of-kubeflow": {"Kubernetes", "application"},
    "stranger": {"Kubernetes", "application"},
    "application": {
        "Kubernetes", "endpoint", "endpoint by gRPC", "Pipelines", "ML Metadata", "its database", "S3", "application",
    },  # its namespace has the three labels of docs/kubernetes.md
    "endpoint": {"mlflow", "postgres", "redis", "S3"},
    "mlflow": {"postgres", "S3"},
    "evidently": set(),
    "prometheus": {"endpoint", "application"},
    "clean": {"mlflow", "postgres", "S3", "Pipelines", "ML Metadata"},
    "ray-worker": {"mlflow", "S3", "ray-head"},
    "unlabelled": set(),
}  # fmt: skip
LET_IN = ("reaches-endpoints", "reaches-pipelines", "receives-alerts")
STRANGERS = ("stranger", "pod-of-kubeflow", "unlabelled")


@pytest.fixture(scope="module")
def let_in() -> None:
    """A namespace that a person let in."""
    labels = dict.fromkeys((f"capstan/{what}" for what in LET_IN), "true")
    metadata = {"name": "capstan-e2e-let-in", "labels": labels}
    kube.kubectl(
        "apply", "--filename=-", input=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    )
    yield
    kube.kubectl("delete", "namespace", "capstan-e2e-let-in", "--wait=false")


@pytest.fixture(scope="module")
def probes(ran, let_in) -> dict[str, kube.Pod]:
    bodies = [kube.definition(f"e2e-{name}", labels, where) for name, (where, labels) in WHO.items()]
    with kube.running(*bodies) as pods:
        yield dict(zip(WHO, pods, strict=True))


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


def test_run_that_reads_secrets_is_posted_by_no_pod_but_those_that_may_run_steps(probes):
    """What an attacker would do from any pod: post a run to Kubeflow Pipelines, list S3 with its well-known keys.

    The pod that may shows that both would work.
    """
    keys = [kube.secret("mlpipeline-minio-artifact", name, "kubeflow") for name in ("accesskey", "secretkey")]
    tried = {who: probes[who].run(HERE / "in_pod" / "attack.py", *keys) for who in ("pipelines-own", *STRANGERS)}
    assert tried.pop("pipelines-own") == {"posted a run": True, "listed the bucket": True}
    assert not any(done for answers in tried.values() for done in answers.values()), tried
