"""Ray for training on workers: here, or on the cluster that RAY_ADDRESS names."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from capstan.settings import settings

if TYPE_CHECKING:
    from ray.train import ScalingConfig

# A training on Ray workers begins again when it loses one, so often at the most.
LOST_WORKERS = 2
RAY_ROWS = 20_000_000  # with how many rows the engine `auto` takes Ray: below, its start costs more than it saves
WAITING = 2  # tasks of each CPU that have been submitted: what they return does not pile up
Result = TypeVar("Result")


@dataclass
class Job:
    """What a training job gives the process that trains, before it trains: `components/train/remote.py`."""

    cpus: int = 1  # of each worker
    storage: str = ""  # where the workers share checkpoints; "" is a folder of this machine


JOB = Job()


def with_ray(rows: int) -> bool:
    """Return whether Ray works on so many rows, as CAPSTAN_ENGINE says."""
    engine = settings().engine
    return engine == "ray" or (engine == "auto" and rows > RAY_ROWS)


def start_ray(cpus: int | None = None, store: int | None = None) -> None:
    """Connect to the Ray cluster that RAY_ADDRESS names, or start Ray here.

    cpus, store: of Ray here, how many CPUs it shares out, and the bytes of its object store.
    """
    import ray

    if not ray.is_initialized():
        os.environ.setdefault("RAY_AUTH_MODE", "disabled")  # a private instance on loopback
        os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "0.2")
        if os.environ.get("RAY_ADDRESS"):
            cpus = store = None
        options: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": "WARNING"}
        ray.init(num_cpus=cpus, object_store_memory=store, **options)


def resource(name: str) -> float:
    """Return how much of "CPU" or "GPU" there is, on all machines of a started Ray."""
    import ray

    return float(ray.cluster_resources().get(name, 0))  # type: ignore[no-untyped-call]  # Ray has no types here


def scaling(workers: int, use_gpu: bool = False) -> "ScalingConfig":
    """Return how Ray Train places workers: on a cluster each has all CPUs of its pod, so that no two share one."""
    from ray.train import ScalingConfig

    return ScalingConfig(num_workers=workers, use_gpu=use_gpu, resources_per_worker={"CPU": JOB.cpus})


def each(function: Callable[..., Result], shared: Any, parts: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
    """Yield what a function returns for each part, in order, each from a Ray task with a CPU.

    A task whose worker was killed runs again. shared: the first argument of all. parts: the others, which are made as
    tasks are submitted.
    """
    import ray

    start_ray()
    remote = ray.remote(num_cpus=1, max_retries=LOST_WORKERS)(function)
    most = WAITING * max(int(resource("CPU")), 1)
    common, waiting = ray.put(shared), deque[Any]()
    for part in parts:
        if len(waiting) == most:
            yield ray.get(waiting.popleft())
        waiting.append(remote.remote(common, *part))
    while waiting:
        yield ray.get(waiting.popleft())
