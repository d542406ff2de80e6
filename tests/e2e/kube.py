"""The cluster as its users see it: kubectl, forwarded ports, and small pods that ask from inside."""

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster import options
from tests.support.processes import ROOT

CAPSTAN = str(Path(sys.executable).with_name("capstan"))
# Before any test sets one. What remains is what the person who started the tests has, such as CAPSTAN_IMAGE.
ENVIRONMENT = dict(os.environ)
if kept := os.environ.get("PYTEST_HOME_OF_USER"):  # by pytest; a benchmark has the user's state folder
    options.copy(Path(kept))
OPEN = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ->")
USER = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
LOCKED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
STEP_SECRETS = ("capstan-registry", "capstan-bucket", "capstan-features")
FIRST_NODE = {"node-role.kubernetes.io/control-plane": ""}  # a label


class KubectlError(Exception):
    """kubectl failed; this is what it said."""


def kubectl(*arguments: str, input: str | None = None, timeout: float = 120) -> str:
    """Return what kubectl prints. Raises KubectlError."""
    done = subprocess.run(["kubectl", *arguments], input=input, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise KubectlError(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def get(kind: str, name: str = "", selector: str = "", namespace: str = "capstan") -> dict:
    """Return an object or a list. Raises KubectlError."""
    options = [name] if name else [f"--selector={selector}"] if selector else []
    return json.loads(kubectl("get", kind, *options, f"--namespace={namespace}", "--output=json"))


def secret(name: str, key: str, namespace: str = "capstan") -> str:
    return base64.b64decode(get("secret", name, namespace=namespace)["data"][key]).decode()


def capstan(*arguments: str, timeout: float = 900, **environment: str) -> subprocess.CompletedProcess:
    """Run the command on the cluster, as a user would; return its exit code and output."""
    command = [CAPSTAN, "--profile", "cluster", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=ROOT, env=ENVIRONMENT | environment
    )


def hand_over(image: str) -> None:
    """Bring an image from Docker to the cluster, as `capstan cluster up` does."""
    code = f"from cluster import build; build.hand_over({image!r})"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=ENVIRONMENT, capture_output=True)


def start(*arguments: str, **environment: str) -> subprocess.Popen:
    """Start the command on the cluster, to run next to others."""
    command = [CAPSTAN, "--profile", "cluster", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=ENVIRONMENT | environment)


def answer(*arguments: str, **options) -> dict:
    """Return what a command prints with --json."""
    done = capstan(*arguments, "--json", **options)
    assert done.returncode == 0, f"capstan {' '.join(arguments)}: {done.stderr}"
    return json.loads(done.stdout)


class Forward:
    """A local port to a port of `svc/NAME` or `pod/NAME`, by kubectl. It ends with the pod that it reached."""

    def __init__(self, target: str, port: int, namespace: str = "capstan"):
        command = ["kubectl", "port-forward", f"--namespace={namespace}", target, f":{port}"]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.child.stdout.readline()
        match = OPEN.search(line)
        if not match:
            self.close()
        assert match, f"{target} of {namespace} cannot be reached: {line or 'no answer'}"
        self.port = int(match[1])

    @property
    def ended(self) -> bool:
        return self.child.poll() is not None

    def close(self) -> None:
        self.child.terminate()
        self.child.wait()
        self.child.stdout.close()


@contextmanager
def forward(target: str, port: int, namespace: str = "capstan") -> Iterator[int]:
    """Open a local port to a port of `svc/NAME` or `pod/NAME`, and yield it."""
    tunnel = Forward(target, port, namespace)
    try:
        yield tunnel.port
    finally:
        tunnel.close()


def wait_until(condition, seconds: float = 60, what: str = "this"):
    """Wait until a condition holds; return what it returned."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"{what} did not come true in {seconds} s"
        time.sleep(0.5)
    return result


def pods(selector: str, namespace: str = "capstan") -> list[dict]:
    """Return pods that are not on their way out."""
    items = get("pods", selector=selector, namespace=namespace)["items"]
    return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]


def ready(pod: dict) -> bool:
    return any(item["type"] == "Ready" and item["status"] == "True" for item in pod["status"].get("conditions", []))


def image(capstone: str = "core-image") -> str:
    """Return the image of a capstone that the cluster has; by default that of the core."""
    return get("configmap", "capstan-images")["data"][capstone]


def definition(
    name: str, labels: dict[str, str], namespace: str, settings: bool = False, capstone: str = "core-image"
) -> dict:
    """Return a pod of a capstone's image, by default of the core's, which waits for scripts and answers on port 8265.

    It never counts as ready, so that no Service leads to it. labels say who it is, for network policies. settings: it
    has the settings and the secrets of steps.
    """
    secrets = {f"secrets/{name}": {"secret": {"secretName": name}} for name in STEP_SECRETS}
    folders = {"settings": {"configMap": {"name": "capstan"}}} | secrets if settings else {}
    volumes = [{"name": path.rpartition("/")[2]} | value for path, value in folders.items()]
    mounts = [{"name": path.rpartition("/")[2], "mountPath": f"/etc/capstan/{path}"} for path in folders]
    container = {
        "name": "main",
        "image": image(capstone),
        "command": ["python", "-m", "http.server", "8265", "--directory", "/tmp"],
        "securityContext": LOCKED,
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": path} for path in ("/tmp", "/var/lib/capstan")] + mounts,
    }
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 0,
        "securityContext": USER,
        "readinessGates": [{"conditionType": "capstan/never"}],
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}, *volumes],
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


@contextmanager
def running(*bodies: dict) -> Iterator[list["Pod"]]:
    """Run pods until the end of the `with` statement."""
    everything = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    gone = ["delete", "--filename=-", "--ignore-not-found", "--grace-period=0", "--force"]
    kubectl(*gone, input=everything)
    kubectl("apply", "--filename=-", input=everything)
    started = [Pod(body["metadata"]["name"], body["metadata"]["namespace"]) for body in bodies]
    try:
        for pod in started:
            condition = ["--for=jsonpath={.status.phase}=Running", "--timeout=120s"]
            kubectl("wait", "pod", pod.name, f"--namespace={pod.namespace}", *condition, timeout=130)
        yield started
    finally:
        kubectl(*gone, input=everything)


class Pod:
    """A running pod of a test."""

    def __init__(self, name: str, namespace: str):
        self.name, self.namespace = name, namespace

    @property
    def address(self) -> str:
        return get("pod", self.name, namespace=self.namespace)["status"]["podIP"]

    def start(self, script: Path, *arguments: str) -> subprocess.Popen:
        """Start a Python script in the pod. It ends when its standard input ends, or by itself."""
        command = ["kubectl", "exec", "-i", f"--namespace={self.namespace}", self.name, "--"]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*command, "python", "-W", "ignore", "-c", script.read_text(), *arguments],
            stdin=pipe, stdout=pipe, stderr=pipe, text=True,
        )  # fmt: skip

    def run(self, script: Path, *arguments: str, timeout: float = 120) -> dict:
        """Run a script to its end; return the JSON that it prints."""
        child = self.start(script, *arguments)
        out, errors = child.communicate(timeout=timeout)
        assert child.returncode == 0, errors
        return json.loads(out)
