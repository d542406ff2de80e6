"""What the platform takes of memory: idle, and at most while every step of `flight_delay` runs."""

import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.benchmarks.cluster import need, submission
from tests.benchmarks.cluster.node_memory import NODE, groups, sample, uids
from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, replicas, scale
from tests.e2e.services import Services

IDLE, PAUSE = 60, 2  # seconds
PLATFORM = {
    "kubeflow": "Kubeflow Pipelines",
    "kserve": "KServe",
    "ray-system": "KubeRay",
    "cert-manager": "cert-manager",
    "kube-system": "Kubernetes",
}
SUMS = {"platform": "the platform: all but ours, endpoints and steps", NODE: "all of it"}
TEXT = """
From the control groups of the node, every 2 s: their usage less the inactive page cache, which is what Kubernetes
calls the working set. Idle: the median of a minute. The autoscaler is held at one pod of the endpoint. In a run: the
most that each line had at any time while `flight_delay` ran, compiled with `--disable-execution-caching-by-default`,
so that every step does; lines thus do not add up. The node is a container: Docker's engine and a registry next to it
are not in it."""


def rows() -> list[dict]:
    """Return bytes by what pods are for, idle and in a run."""
    node = need.node()
    with Services() as services, tempfile.TemporaryDirectory(prefix="capstan-bench-") as folder:
        services.wait_for_other_runs()
        if services.rollout()["challenger"]:
            kube.answer("rollback", CAPSTONE)
        package = submission.compiled(kube.image(), Path(folder), cache=False)
        scale(1, 1)
        try:
            replicas(1)
            with Samples(node) as idle:
                time.sleep(IDLE)
            known = uids(_group)
            with Samples(node) as busy:
                submission.run(package, services.url("pipelines"))
        finally:
            scale(1, 3)
        known |= uids(_group)
    sizes = [[_summed(groups(known, each)) for each in samples.taken] for samples in (idle, busy)]
    names = sorted({name for each in sizes for reading in each for name in reading} - SUMS.keys())
    return [
        {
            "part": SUMS.get(name, name),
            "idle": statistics.median(reading.get(name, 0.0) for reading in sizes[0]),
            "run": max(reading.get(name, 0.0) for reading in sizes[1]),
            "goal": "under 8 GB" if name == NODE else "",
        }
        for name in [*names, *SUMS]
    ]


def table(lines: list[dict]) -> str:
    """Return the memory as Markdown, with how it was measured."""
    parts = ["| what | goal | idle | in a run, at most |", "| --- | ---: | ---: | ---: |"]
    parts += [
        f"| {row['part']} | {row['goal']} | {row['idle'] / 1e9:.2f} GB | {row['run'] / 1e9:.2f} GB |" for row in lines
    ]
    return "\n".join(parts) + f"\n{TEXT}"


class Samples:
    """Takes samples of a node's memory while it is entered."""

    def __init__(self, node: str):
        self.node, self.taken = node, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.wait(PAUSE):
            self.taken.append(sample(self.node))

    def __enter__(self) -> "Samples":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._end.set()
        self._thread.join()


def _group(pod: dict) -> str:
    namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels", {})
    if "pipeline/runid" in labels:
        return "steps"
    if namespace != "capstan":
        return PLATFORM.get(namespace, "Kubernetes")
    endpoint = "serving.kserve.io/inferenceservice" in labels
    return "endpoints" if endpoint else f"ours: {labels.get('app.kubernetes.io/name', 'training jobs')}"


def _summed(sizes: dict[str, float]) -> dict[str, float]:
    steps = sum(size for name, size in sizes.items() if name in ("steps", "endpoints") or name.startswith("ours"))
    return sizes | {"platform": sizes[NODE] - steps}
