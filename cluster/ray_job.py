"""Training on Ray: a RayJob of KubeRay that lives as long as the step that waits for it.

The step and the job exchange folders through the object store, below `jobs/ID`. The job's log streams into the step's.
The job makes its own Ray cluster, whose pods come from the PodTemplates `ray-head` and `ray-worker`, where an overlay
sets sizes, nodes and GPUs; or it runs on the cluster that CAPSTAN_SCHEDULING names, and leaves that as it is.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from capstan.catalogue import load
from capstan.contract.resources import Size
from capstan.data.storage import Storage
from capstan.errors import CapstanError
from capstan.notes import note
from cluster import api, ray_autoscaling, scheduling, scheduling_file, templates
from cluster.names import NAMESPACE, service_name

RAY = f"/apis/ray.io/v1/namespaces/{NAMESPACE}"
PATH = f"{RAY}/rayjobs"
START_SECONDS = 600  # to pull the image and find room
POLL_SECONDS = 1
BEAT_SECONDS, STALE_SECONDS = 10, 60  # the step is alive; the job ends by itself when it is not
ENDED = {"SUCCEEDED", "FAILED", "STOPPED"}
HELD = {"Suspending", "Suspended"}  # by a queue: before it starts, and when others take its place


def run(
    storage: Storage, module: str, capstone: str, source: Path, target: Path, parameters: str, workers: int, image: str
) -> None:
    """Run `python -m MODULE CAPSTONE KEY` on a Ray cluster with `workers` workers, or on the one of the settings.

    It reads the folder `source` and `parameters` in `storage` below KEY, and writes what becomes the folder
    `target` there. Raises CapstanError when the job fails. The job is deleted in any case.
    """
    identity = uuid4().hex[:8]
    name, key = f"{service_name(capstone)}-{identity}", f"jobs/{identity}"
    entrypoint = f"python -m {module} {capstone} {key}"
    if cluster := scheduling_file.scheduling().ray.cluster:
        body = definition_on(cluster, name, entrypoint, image)
    else:
        body = definition(name, entrypoint, workers, image, load(capstone).RESOURCES.worker)
    try:
        with _beating(storage, f"{key}/beat"):
            upload(source, storage, f"{key}/source")
            storage.write(f"{key}/parameters.json", parameters.encode())
            api.create(PATH, body)
            _follow(name)
            download(storage, f"{key}/target", target)
    finally:
        api.delete(f"{PATH}/{name}")
        for file in storage.keys(key):
            storage.remove(file)


def definition(name: str, entrypoint: str, workers: int, image: str, size: Size | None = None) -> dict[str, Any]:
    """Return a RayJob with a cluster whose pods run an image. size: of a worker, where a task states one.

    With a queue it waits there; with `ray.min_workers` its cluster grows to `workers`. Workers with GPUs are
    there from the start: a training takes GPUs only if it finds as many as it has workers.
    """
    head, worker = templates.pod("ray-head", image), templates.pod("ray-worker", image, size)
    gpus = {"num-gpus": str(size.gpus)} if size and size.gpus else {}
    group = {"groupName": "workers", "replicas": workers, "minReplicas": workers, "maxReplicas": workers}
    cluster: dict[str, Any] = {
        # Nothing but the driver runs on the head: it has no CPUs to give.
        "headGroupSpec": {"rayStartParams": {"num-cpus": "0", "dashboard-host": "0.0.0.0"}, "template": head},
        "workerGroupSpecs": [group | {"rayStartParams": {"num-cpus": str(cpus(size))} | gpus, "template": worker}],
    }
    least = scheduling_file.scheduling().ray.min_workers
    elastic = False
    if least is not None and least < workers and not gpus:
        cluster, elastic = ray_autoscaling.scaled(cluster, least), True
    job = _job(name, entrypoint, {"shutdownAfterJobFinishes": True, "rayClusterSpec": cluster})
    return scheduling.queued(job, elastic)


def definition_on(cluster: str, name: str, entrypoint: str, image: str) -> dict[str, Any]:
    """Return a RayJob on a RayCluster that is there, and note when that runs another image than this one.

    It waits in no queue: Kueue takes in the RayCluster itself, and no job on it. Raises CapstanError when there is no
    such cluster: the job would wait for it.
    """
    known = api.get(f"{RAY}/rayclusters/{cluster}")
    if known is None:
        raise CapstanError(
            f"The namespace {NAMESPACE} has no RayCluster {cluster!r}, which CAPSTAN_SCHEDULING names. Make it, or "
            "take `ray.cluster` out, and each training job makes its own."
        )
    runs = known["spec"]["headGroupSpec"]["template"]["spec"]["containers"][0]["image"]
    if runs != image:
        note(f"The RayCluster {cluster} trains with the code of its own image, {runs}. This step has {image}.")
    return _job(name, entrypoint, {"clusterSelector": {"ray.io/cluster": cluster}})


def cpus(size: Size | None) -> int:
    """Return the CPUs that Ray gives to a worker: what its pod may take, or one where the task states no size."""
    return size.cpus() if size else 1


def _job(name: str, entrypoint: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayJob",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app.kubernetes.io/part-of": "capstan"}},
        "spec": {
            "submissionMode": "HTTPMode",  # the operator submits: no third pod
            "entrypoint": entrypoint,
            "activeDeadlineSeconds": 24 * 3600,
            "backoffLimit": 0,
            **more,
        },
    }


def upload(folder: Path, storage: Storage, key: str) -> None:
    """Copy the files of a folder to the object store."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        storage.upload(path, f"{key}/{path.relative_to(folder).as_posix()}")


def download(storage: Storage, key: str, folder: Path) -> None:
    """Copy the files below a key to a folder."""
    for file in storage.keys(key):
        storage.download(file, folder / file.removeprefix(f"{key}/"))


@contextmanager
def ending_with_step(storage: Storage, key: str) -> Iterator[None]:
    """In the job: end this process when the step's beat stops. A step that was killed cannot delete its job."""

    def watch() -> None:
        last, seen = b"", time.monotonic()
        while True:
            time.sleep(BEAT_SECONDS)
            with suppress(CapstanError):
                if (beat := storage.read(f"{key}/beat")) not in (None, last):
                    last, seen = beat or b"", time.monotonic()
            if time.monotonic() - seen > STALE_SECONDS:
                print("The step that waits for this job is gone.", flush=True)
                os._exit(1)

    threading.Thread(target=watch, name="beat", daemon=True).start()
    yield


@contextmanager
def _beating(storage: Storage, key: str) -> Iterator[None]:
    stop = threading.Event()
    storage.write(key, b"0")

    def beat() -> None:
        while not stop.wait(BEAT_SECONDS):
            with suppress(CapstanError):
                storage.write(key, str(time.time()).encode())

    thread = threading.Thread(target=beat, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _follow(name: str) -> None:
    """Wait for a job, and print its log as it grows. Raises CapstanError when it fails.

    A job that a queue holds back waits as long as it takes, also one whose place others took: it begins again.
    """
    printed: dict[str, int] = {}
    deadline, held = time.monotonic() + START_SECONDS, False
    while True:
        status = (api.get(f"{PATH}/{name}") or {}).get("status", {})
        _print_new(status, printed)
        state = status.get("jobStatus", "")
        if state in ENDED or status.get("jobDeploymentStatus") == "Failed":
            break
        was_held, held = held, status.get("jobDeploymentStatus") in HELD
        if held and not was_held:
            note(f"The RayJob {name} waits in its queue: see `kubectl -n {NAMESPACE} get workloads`.")
        if held:
            deadline = time.monotonic() + START_SECONDS
        if not state and time.monotonic() > deadline:
            raise CapstanError(f"The RayJob {name} has not started after {START_SECONDS} s: {status or 'no status'}")
        time.sleep(POLL_SECONDS)
    if state != "SUCCEEDED":
        raise CapstanError(f"The training on Ray failed ({state or 'not started'}): {status.get('message', '')}")


def _print_new(status: dict[str, Any], printed: dict[str, int]) -> None:
    """Print what a job has logged since. printed: how many characters were, by the id of the job at Ray."""
    address, job = status.get("dashboardURL"), status.get("jobId")
    if not (address and job):
        return
    with suppress(httpx.HTTPError, ValueError, KeyError, TypeError):
        logs = httpx.get(f"http://{address}/api/jobs/{job}/logs", timeout=10, trust_env=False).json()["logs"]
        print(logs[printed.get(job, 0) :], end="", flush=True)
        printed[job] = len(logs)
