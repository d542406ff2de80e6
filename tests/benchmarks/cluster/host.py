"""The endpoint outside of Kubernetes, next to the cluster: with the settings, stores and CPU limit of its pod.

Both servers are in the network of the node, where the addresses of Services lead to the same MLflow, Redis, PostgreSQL
and object store. A file of hosts gives the Services their names.
"""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cluster.access import ADDRESS
from tests.benchmarks.cluster import need
from tests.e2e import kube
from tests.support.processes import free_port, process

GROUPS = Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds, as the kubelet has it
# In its own mount namespace the file of hosts is another one; the control group limits what the shell becomes.
SCRIPT = 'mount --bind "$0" /etc/hosts && echo $$ >"$1" && shift && exec "$@"'


def settings(pod: dict, folder: Path) -> dict[str, str]:
    """Return the environment of the pod's server; write the file of hosts and that of tokens into a folder."""
    variables: dict[str, str] = dict(kube.get("configmap", "capstan")["data"])
    variables |= {name: kube.secret("capstan-secrets", name) for name in kube.get("secret", "capstan-secrets")["data"]}
    lines = ["127.0.0.1 localhost"]
    for match in {match.group(): match for value in variables.values() for match in ADDRESS.finditer(value)}.values():
        service = kube.get("service", match["name"], namespace=match["namespace"])
        lines.append(f"{service['spec']['clusterIP']} {match['name']}.{match['namespace']}")
    (folder / "hosts").write_text("\n".join(lines) + "\n")
    (folder / "tokens").write_text(kube.secret("endpoint-tokens", "tokens"))
    (folder / "tokens").chmod(0o644)  # the folder is closed; the server of the image is another user
    return variables | {item["name"]: item["value"] for item in pod["spec"]["containers"][0]["env"]}


def cpus(pod: dict) -> float:
    """Return the CPU limit of the pod's server."""
    limit: str = pod["spec"]["containers"][0]["resources"]["limits"]["cpu"]
    return float(limit[:-1]) / 1000 if limit.endswith("m") else float(limit)


@contextmanager
def as_process(node: str, pod: dict, folder: Path) -> Iterator[str]:
    """Run this checkout's server with the Python of these benchmarks; yield its URL in the network of the node."""
    number, address = need.address(node)
    more = {"CAPSTAN_HOME": str(folder / "home"), "CAPSTAN_PREDICTIONS_DIR": str(folder / "predictions")}
    more |= {"CAPSTAN_TOKENS_FILE": str(folder / "tokens")}
    port = free_port()
    serve = [sys.executable, "-m", "serving", "--host", "0.0.0.0", "--port", str(port), "--grpc-port"]
    with _limited(cpus(pod)) as group:
        shell = ["unshare", "--mount", "sh", "-c", SCRIPT, str(folder / "hosts"), str(group)]
        command = ["nsenter", f"--net=/proc/{number}/ns/net", *shell, *serve, str(free_port())]
        with process(command, folder / "process.log", **settings(pod, folder) | more) as child:
            _wait(f"http://{address}:{port}", lambda: child.poll() is None, folder / "process.log")
            yield f"http://127.0.0.1:{port}"


@contextmanager
def as_container(node: str, pod: dict, folder: Path) -> Iterator[str]:
    """Run the pod's image in a container of Docker's, without its filter of system calls; yield the URL."""
    port, name = free_port(), f"capstan-bench-{uuid.uuid4().hex[:8]}"
    (folder / "environment").write_text("".join(f"{name}={value}\n" for name, value in settings(pod, folder).items()))
    (folder / "volume").mkdir()
    (folder / "volume").chmod(0o777)
    binds = {"hosts": "/etc/hosts:ro", "tokens": "/etc/capstan/tokens/tokens:ro", "volume": "/var/lib/predictions"}
    volumes = [f"--volume={folder / source}:{target}" for source, target in binds.items()]
    limits = [f"--cpus={cpus(pod):g}", "--security-opt=seccomp=unconfined", f"--network=container:{node}"]
    options = [*volumes, *limits, f"--env-file={folder / 'environment'}", f"--name={name}"]
    serve = ["python", "-m", "serving", "--host", "0.0.0.0", "--port", str(port), "--grpc-port", str(free_port())]
    command = ["docker", "run", "--rm", *options, pod["spec"]["containers"][0]["image"], *serve]
    with process(command, folder / "container.log") as child:
        try:
            url = f"http://{need.address(node)[1]}:{port}"
            _wait(url, lambda: child.poll() is None, folder / "container.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            subprocess.run(["docker", "rm", "--force", name], capture_output=True)


@contextmanager
def _limited(limit: float) -> Iterator[Path]:
    """Make a control group with a CPU limit; yield the file that takes processes in."""
    first = (GROUPS / "cpu").is_dir()  # version 1
    group = (GROUPS / "cpu" if first else GROUPS) / f"capstan-bench-{os.getpid()}"
    group.mkdir()
    quota = round(limit * PERIOD)
    if first:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    else:
        (group / "cpu.max").write_text(f"{quota} {PERIOD}")
    try:
        yield group / "cgroup.procs"
    finally:
        time.sleep(1)  # until the kernel has taken its last process out
        group.rmdir()


def _wait(url: str, alive, log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while alive() and time.monotonic() < end:
        try:
            if httpx.get(f"{url}/v2/health/ready", timeout=1).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer: {log.read_text()[-3000:]}")
