"""What is struck, how, and when it is back."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, PODS, SERVICE

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
    nodes: int = 1  # that the cluster must have
    may_lose: float = 0.0  # seconds before the strike: what was answered since may be lost with a volume, on two nodes


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


def killed() -> Back:
    """Kill the containers of the endpoint, as the kernel does without memory. They are back when others are ready."""

    def containers() -> dict[str, str]:
        """Return their ids, and the node of each."""
        pods = kube.pods(PODS, "capstan")
        ready = [(pod["spec"]["nodeName"], pod["status"]["containerStatuses"]) for pod in pods if kube.ready(pod)]
        return {status["containerID"].split("//")[1]: node for node, statuses in ready for status in statuses}

    old = containers()
    for container, node in old.items():
        kill = ["ctr", "--namespace=k8s.io", "tasks", "kill", "--signal=SIGKILL", container]
        subprocess.run(["docker", "exec", node, *kill], check=True, timeout=60)
    return lambda: len(containers()) == len(old) and not containers().keys() & old.keys()


def rolled_out() -> Back:
    """Promote the canary of the run, bring back what was before, and replace every pod of the endpoint."""
    kube.answer("promote", CAPSTONE)
    kube.answer("rollback", CAPSTONE)
    old = {pod["metadata"]["uid"] for pod in kube.pods(PODS)}
    patch = json.dumps({"metadata": {"annotations": {"capstan/replaced": str(time.time())}}})  # KServe hands it on
    kube.kubectl("patch", "inferenceservice", SERVICE, "--namespace=capstan", "--type=merge", f"--patch={patch}")

    def back() -> bool:
        pods = kube.get("pods", selector=PODS)["items"]
        return bool(pods) and all(kube.ready(pod) and pod["metadata"]["uid"] not in old for pod in pods)

    return back


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
    """Restart the kubelet of the first node."""
    node = first_node()
    subprocess.run(["docker", "exec", node, "systemctl", "restart", "kubelet"], check=True, timeout=120)
    return lambda: kube.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/healthz") == "ok"


def restarted(node: Callable[[], str]) -> Callable[[], Back]:
    """Return what restarts a node, which is a container. It is back when every service on it has started again."""

    def strike() -> Back:
        name, struck = node(), time.time()
        subprocess.run(["docker", "restart", name], check=True, timeout=300)

        def back() -> bool:
            there = [pod for pod in _services() if pod["spec"].get("nodeName") == name]
            anew = all(_started(pod) > struck for pod in there)
            return bool(there) and anew and all(map(kube.ready, _services())) and _is_ready(name)

        return back

    return strike


def drained() -> Back:
    """Drain the second node, as for maintenance. It is back when it takes pods again and every service is ready."""
    name = second_node()
    try:
        kube.kubectl("drain", name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s", timeout=320)
    finally:
        kube.kubectl("uncordon", name)
    return lambda: all(map(kube.ready, _services()))


def lost() -> Back:
    """Kill the second node, and start it again when it was given up. It is back when every service is ready."""
    name = second_node()
    old = {pod["metadata"]["uid"] for pod in _services() if pod["spec"].get("nodeName") == name}
    subprocess.run(["docker", "kill", name], check=True, timeout=120)

    def given_up() -> bool:
        """Return whether every service has its pods elsewhere."""
        items = kube.get("deploy,sts")["items"] + kube.get("deploy,sts", namespace="kubeflow")["items"]
        pods = [pod for pod in _services() if pod["metadata"]["uid"] not in old]
        return len(pods) >= sum(item["spec"]["replicas"] for item in items) and all(map(kube.ready, pods))

    try:
        kube.wait_until(given_up, 600, "other pods for those of the lost node")
    finally:
        subprocess.run(["docker", "start", name], check=True, timeout=120)
    return lambda: _is_ready(name) and all(map(kube.ready, _services()))


def nodes() -> list[dict]:
    """Return the nodes, the first of them first: the control plane, with the volumes of the stores."""
    items: list[dict] = json.loads(kube.kubectl("get", "nodes", "--output=json"))["items"]
    return sorted(items, key=lambda item: not kube.FIRST_NODE.items() <= item["metadata"]["labels"].items())


def first_node() -> str:
    """Return its name, which is that of its container, too."""
    return str(nodes()[0]["metadata"]["name"])


def second_node() -> str:
    """Return its name, as that of the first."""
    return str(nodes()[1]["metadata"]["name"])


def _is_ready(node: str) -> bool:
    [item] = [item for item in nodes() if item["metadata"]["name"] == node]
    return any(
        condition["type"] == "Ready" and condition["status"] == "True" for condition in item["status"]["conditions"]
    )


def _services() -> list[dict]:
    pods = [pod for namespace in ("capstan", "kubeflow") for pod in kube.pods("", namespace)]
    return [pod for pod in pods if pod["spec"].get("restartPolicy") == "Always"]


def _started(pod: dict) -> float:
    states = [status["state"].get("running", {}) for status in pod["status"].get("containerStatuses", [])]
    times = [state.get("startedAt", "1970-01-01T00:00:00Z") for state in states]
    return min(datetime.fromisoformat(text).timestamp() for text in times)


DELETED = "pod deleted"
CANARY = ("--seed", str(time.time_ns() % 10_000), "--canary", "20")  # another model each time
TARGETS = [
    Target("endpoint", "Endpoint", DELETED, "register", pod_of("capstan", PODS), may_lose=8),
    Target("killed", "Endpoint, killed", "containers get SIGKILL", "register", killed),
    Target("rollout", "Roll-out", "canary promoted, brought back; new pods", "deploy", rolled_out, CANARY),
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
    Target("node", "The first node", "container restarted", "gate", restarted(first_node)),
    Target("second", "The second node", "container restarted", "gate", restarted(second_node), nodes=2),
    Target("drain", "The second node, drained", "kubectl drain", "gate", drained, nodes=2),
    Target("lost", "The second node, lost", "container killed, started later", "gate", lost, nodes=2, may_lose=8),
]
