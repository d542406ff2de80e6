"""What a capstone asks of a machine: sizes of its steps, its endpoint and its Ray workers, limits of a request.

A task states `RESOURCES` and `LIMITS` where the defaults do not fit. Locally nothing holds a step to its size.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

GPU = "nvidia.com/gpu"


def millicores(cpu: str) -> int:
    """Return a quantity of CPU, such as "250m" or "2", in thousandths of a core. Raises ValueError."""
    return int(cpu[:-1]) if cpu.endswith("m") else round(1000 * float(cpu))


@dataclass(frozen=True)
class Size:
    """What a pod asks for, and the most that it may take, as Kubernetes writes quantities: "250m", "2Gi"."""

    cpu: str
    memory: str
    cpu_limit: str
    memory_limit: str
    gpus: int = 0

    def container(self) -> dict[str, dict[str, str]]:
        """Return the resources of a container."""
        gpus = {GPU: str(self.gpus)} if self.gpus else {}
        return {
            "requests": {"cpu": self.cpu, "memory": self.memory} | gpus,
            "limits": {"cpu": self.cpu_limit, "memory": self.memory_limit} | gpus,
        }

    def cpus(self) -> int:
        """Return how many whole CPUs a pod may take, and at least one."""
        return max(1, millicores(self.cpu_limit) // 1000)

    def tolerations(self) -> list[dict[str, str]]:
        """Return what lets a pod onto nodes with GPUs, which are often kept for those that ask for one."""
        return [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}] if self.gpus else []


IO = Size("100m", "512Mi", "2", "4Gi")  # reads, checks or moves data
COMPUTE = Size("250m", "1536Mi", "4", "6Gi")  # computes on all rows
IO_STEPS = {"ingest", "fetch_weights", "validate", "split", "compare_data", "evaluate", "gate", "register", "deploy"}


@dataclass(frozen=True)
class Resources:
    """The sizes of a capstone's pods.

    steps: component, such as "train" or "build_features" -> size, where it is not the default. worker: of each Ray
    worker. An endpoint or a worker without a size gets that of the cluster's PodTemplate. workers: how many Ray workers
    train when a run names no number; 0 trains in the step.
    """

    steps: Mapping[str, Size] = field(default_factory=dict)
    endpoint: Size | None = None
    worker: Size | None = None
    workers: int = 0

    def step(self, component: str) -> Size:
        """Return the size of a step, by the name of its component."""
        return self.steps.get(component) or (IO if component in IO_STEPS else COMPUTE)


@dataclass(frozen=True)
class Limits:
    """The most that a request may take. The settings of the endpoint are the upper bounds of all capstones.

    seconds: of a prediction that is not streamed. bytes: of a body. streams: under way at a time. predictions: that the
    model computes side by side, where it is slow; 1 for a model that threads cannot share. pixels: of all images of a
    request, once they are unpacked. entities: that the online store keeps, where events may add some.
    """

    seconds: float = 10
    bytes: int = 2**20
    streams: int = 128
    predictions: int = 4
    pixels: int = 2**25
    entities: int = 1_000_000


def problems(resources: Any, limits: Any) -> list[str]:
    """Return what is wrong with `RESOURCES` and `LIMITS` of a task."""
    messages = []
    if not isinstance(resources, Resources):
        messages.append("RESOURCES is not a capstan.contract.resources.Resources")
    if not isinstance(limits, Limits):
        messages.append("LIMITS is not a capstan.contract.resources.Limits")
    elif low := [part.name for part in fields(limits) if getattr(limits, part.name) <= 0]:
        messages.append(f"LIMITS has no room: {', '.join(low)} must be over 0")
    return messages
