"""What is struck, how, and when it is back."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tests.e2e import kube
from tests.e2e.endpoint import PODS

Back = Callable[[], bool]


@dataclass(frozen=True)
class Target:
    """One of them. `after` is the step of the run after which it is struck: the next one needs it."""

    name: str
    title: str
    how: str
    after: str
    strike: Callable[[], Back]
    options: tuple[str, ...] = ()  # of `capstan run`


def pod_of(namespace: str, selector: str) -> Callable[[], Back]:
    """Return what deletes pods, which get a second to end. They are back when others are ready."""

    def strike() -> Back:
        old = {pod["metadata"]["uid"] for pod in kube.pods(selector, namespace)}
        assert old, f"no pod of {namespace} has {selector}"
        where = [f"--namespace={namespace}", f"--selector={selector}"]
        kube.kubectl("delete", "pod", *where, "--grace-period=1", "--wait=false")

        def back() -> bool:
            pods = kube.pods(selector, namespace)
            return bool(pods) and all(kube.ready(pod) and pod["metadata"]["uid"] not in old for pod in pods)

        return back

    return strike


def ray_worker() -> Back:
    """Delete a training job's worker, ten seconds after it is ready. It is back when another is, or the job ended."""
    selector = "ray.io/node-type=worker"

    def there() -> list[str]:
        return [pod["metadata"]["uid"] for pod in kube.pods(selector) if kube.ready(pod)]

    kube.wait_until(there, 300, "a worker of the training job")
    time.sleep(10)  # it trains by then
    old = there()
    kube.kubectl("delete", "pod", "--namespace=capstan", f"--selector={selector}", "--grace-period=1", "--wait=false")
    return lambda: bool(set(there()) - set(old)) or not kube.get("rayjobs.ray.io")["items"]


def kubelet() -> Back:
    """Restart the kubelet of the node."""
    node = _node()
    subprocess.run(["docker", "exec", node, "systemctl", "restart", "kubelet"], check=True, timeout=120)
    return lambda: kube.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz") == "ok"


def node() -> Back:
    """Restart the node, which is a container. It is back when every service has started anew and is ready."""
    struck = time.time()
    subprocess.run(["docker", "restart", _node()], check=True, timeout=300)

    def back() -> bool:
        pods = [pod for namespace in ("capstan", "kubeflow") for pod in kube.pods("", namespace)]
        services = [pod for pod in pods if pod["spec"].get("restartPolicy") == "Always"]
        return bool(services) and all(kube.ready(pod) and _started(pod) > struck for pod in services)

    return back


def _node() -> str:
    """Return the name of the one node, and of its container."""
    [item] = json.loads(kube.kubectl("get", "nodes", "--output=json"))["items"]
    return str(item["metadata"]["name"])


def _started(pod: dict) -> float:
    states = [status["state"].get("running", {}) for status in pod["status"].get("containerStatuses", [])]
    times = [state.get("startedAt", "1970-01-01T00:00:00Z") for state in states]
    return min(datetime.fromisoformat(text).timestamp() for text in times)


DELETED = "pod deleted"
TARGETS = [
    Target("endpoint", "Endpoint", DELETED, "register", pod_of("capstan", PODS)),
    Target("mlflow", "MLflow", DELETED, "gate", pod_of("capstan", "app.kubernetes.io/name=mlflow")),
    Target("redis", "Redis", DELETED, "gate", pod_of("capstan", "app.kubernetes.io/name=redis")),
    Target("postgres", "PostgreSQL", DELETED, "gate", pod_of("capstan", "app.kubernetes.io/name=postgres")),
    Target("s3", "S3", DELETED, "gate", pod_of("kubeflow", "app=seaweedfs")),
    Target("api", "API of Kubeflow Pipelines", DELETED, "evaluate", pod_of("kubeflow", "app=ml-pipeline")),
    Target("database", "Database of Kubeflow Pipelines", DELETED, "evaluate", pod_of("kubeflow", "app=mysql")),
    Target("metadata", "ML Metadata", DELETED, "evaluate", pod_of("kubeflow", "component=metadata-grpc-server")),
    Target("controller", "Argo's workflow controller", DELETED, "gate", pod_of("kubeflow", "app=workflow-controller")),
    Target("ray", "Ray worker", DELETED, "split", ray_worker, ("--workers", "1")),
    Target("kubelet", "kubelet", "restarted", "gate", kubelet),
    Target("node", "The node", "container restarted", "gate", node),
]
