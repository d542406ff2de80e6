"""The endpoint in its pod next to the same server outside of Kubernetes, at the same time, in turn."""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipelines.flight_delay import task
from tests.benchmarks import figures, requests, wrk
from tests.benchmarks.cluster import host, need
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, PODS, SERVICE, replicas, scale

ROUNDS, SECONDS, FLIGHTS = 5, 8, 500
POD, PROCESS, CONTAINER = "pod", "process", "container"
TITLES = {
    POD: "in its pod, through the Service",
    PROCESS: "a process of this checkout",
    CONTAINER: "the pod's image in a container next to the cluster",
}
TEXT = """
wrk sends single flights from inside the network of the node, with a token, and the server looks their features up.
All three servers run for the whole time, have the CPU limit of the pod, serve the same version, read from the same
Redis, write a prediction log to the same disk, and convert and upload it as in the cluster. wrk takes them in turn; a
figure is the median of the rounds. The autoscaler is held at one pod. The process is started by the Python of these
benchmarks, whose build is another one than the image's; the container has the image's Python and no filter of system
calls. Both are in the network of the node, without their own interface, and outside of Kubernetes' control
groups. Load generator, servers and cluster share the machine's cores."""


def rows(rounds: int = ROUNDS, seconds: int = SECONDS) -> list[dict]:
    """Return ratios, rates and latencies."""
    node = need.node()
    number, _ = need.address(node)
    within = ["nsenter", f"--net=/proc/{number}/ns/net"]
    flights = task.entity_rows(task.load(None)).tail(FLIGHTS)
    bodies, token = requests.v1_of_flights(flights), kube.secret("capstan-secrets", "CAPSTAN_TOKEN")
    runs: dict[tuple[str, int], list[wrk.Run]] = {(name, clients): [] for clients in (1, 16) for name in TITLES}
    with servers(node) as addresses:
        urls = {name: f"{url}/v1/models/{CAPSTONE}:predict" for name, url in addresses.items()}
        versions = {name: _version(url, bodies[0], token, within) for name, url in urls.items()}
        assert len(set(versions.values())) == 1, f"the servers differ in the version: {versions}"
        for name, clients in runs:  # a first one that does not count
            wrk.run(urls[name], bodies, clients, 2, token, within)
        for number in range(rounds):
            turns = list(runs.items())
            for (name, clients), each in turns[::-1] if number % 2 else turns:
                each.append(wrk.run(urls[name], bodies, clients, seconds, token, within))
                assert not each[-1].errors, f"{name}, {clients} clients: {each[-1]}"
    return _rows(runs)


def table(lines: list[dict]) -> str:
    """Return the figures as Markdown, with what is compared."""
    return f"{figures.table(lines)}\n{TEXT}"


@contextmanager
def servers(node: str) -> Iterator[dict[str, str]]:
    """Yield the URL of each server, as one reaches it from the network of the node."""
    scale(1, 1)
    try:
        replicas(1)
        [pod] = kube.pods(PODS)
        service = kube.get("service", f"{SERVICE}-predictor")["spec"]["clusterIP"]
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="capstan-bench-")))
            yield {
                POD: f"http://{service}",
                PROCESS: stack.enter_context(host.as_process(node, pod, folder)),
                CONTAINER: stack.enter_context(host.as_container(node, pod, folder)),
            }
    finally:
        scale(1, 3)


def _version(url: str, body: dict, token: str, within: list[str]) -> str:
    command = ["curl", "-sS", "-d", json.dumps(body), "-H", f"Authorization: Bearer {token}", url]
    reply = subprocess.run([*within, *command], capture_output=True, text=True, check=True).stdout
    [prediction] = json.loads(reply)["predictions"]
    version: str = prediction["model_version"]
    return version


def _rows(runs: dict[tuple[str, int], list[wrk.Run]]) -> list[dict]:
    rates = {key: statistics.median(run.rate for run in each) for key, each in runs.items()}
    p99s = {key: statistics.median(run.p99 for run in each) for key, each in runs.items()}
    lines = []
    for clients in (1, 16):
        for baseline in (PROCESS, CONTAINER):
            what = f"{_clients(clients)}: rate {TITLES[POD]} over that of {TITLES[baseline]}"
            ratio = rates[POD, clients] / rates[baseline, clients]
            lines.append({"what": what, "goal": "at least 0.9", "measured": f"{ratio:.2f}"})
    for (name, clients), rate in rates.items():
        each = ", ".join(f"{run.rate:,.0f}" for run in runs[name, clients])
        measured = f"{rate:,.0f} a second, p99 {p99s[name, clients]:.2f} ms; rounds {each}"
        lines.append({"what": f"{_clients(clients)}: {TITLES[name]}", "goal": "", "measured": measured})
    return lines


def _clients(number: int) -> str:
    return "one client" if number == 1 else f"{number} clients"
