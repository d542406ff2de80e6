"""The logs of a run's steps: from their pods, or from the object store when the pods are gone."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from capstan.cluster.access import local_addresses
from capstan.cluster.kubectl import kubectl
from capstan.cluster.metadata import Execution
from capstan.cluster.names import KFP_NAMESPACE
from capstan.errors import CapstanError
from capstan.notes import MARK
from capstan.runner.progress import COLOUR, ERROR
from capstan.settings import settings
from capstan.storage import Bucket

LOGS = "executor-logs"  # the artifact in which KFP keeps the log of a step that failed
ARCHIVE = "private-artifacts"  # the folder in the same bucket in which Argo keeps the logs of all pods
# Lines of KFP's launcher and of Argo's supervisor around those of the step.
AROUND = re.compile(r"[IWEF]\d{4} \d\d:|time=\"|Error: exit status")
# The last words of KFP's driver, or of its launcher when it could not fetch the inputs or store the outputs of a step.
# "exit status" says nothing new: the step failed, and has said why.
FATAL = re.compile(
    r"^F\d{4} .*?\] (?:failed to execute component: |KFP driver: (?:.*?\) failed: )?)(?!exit status)(?P<message>.+)$",
    re.MULTILINE,
)
KILLED = "signal: killed"
WROTE = "Wrote executor output file"  # the last words of a step that succeeded
ENDED = (
    "its pod was ended when its work was done, before Kubeflow Pipelines knew. What it changed stays. Run the pipeline "
    "again: nothing is done twice"
)
GONE = "its node restarted under it. The run can be started again: what was done is cached"
TRACEBACK = "Traceback (most recent call last):"
SECONDS = 20
HANGS_SECONDS = 180  # more than it takes to pull an image of ours
SHOWN = 25


def read(execution: Execution) -> str:
    """Return the log of a step; "" when there is none to find."""
    text = _kubectl("logs", execution.pod, "-c", "main") if execution.pod else ""
    return COLOUR.sub("", text or archived(execution))


def archived(execution: Execution) -> str:
    """Return the log of a step from the object store; "" when there is none."""
    artifact = execution.artifacts.get(LOGS)
    if not (artifact and execution.pod):
        return ""
    with suppress(CapstanError), _bucket(artifact.uri) as bucket:
        workflow = execution.pod.partition("-system-")[0]
        keys = bucket.keys(f"{ARCHIVE}/{KFP_NAMESPACE}/{workflow}")
        key = next((key for key in keys if key.endswith(f"/{execution.pod}/main.log")), _key(artifact.uri))
        return (bucket.read(key) or b"").decode(errors="replace")
    return ""


def notes(log: str) -> list[str]:
    """Return the notes that a step left for the person who started the run."""
    return [line.partition(MARK)[2] for line in log.splitlines() if MARK in line]


def message(log: str) -> str:
    """Return what went wrong in a step: its CapstanError's message, KFP's last words, or the end of its own lines."""
    if told := [match["message"] for match in ERROR.finditer(log)]:
        return told[-1]
    if KILLED in log:
        return "it was killed, as a step is that takes more memory than its limit"
    if told := FATAL.findall(log):
        return str(told[-1])
    own = "\n".join(line for line in log.splitlines() if not AROUND.match(line))
    if WROTE in own.rpartition("\n")[2]:
        return ENDED
    before, traceback, end = own.rpartition(TRACEBACK)
    return "\n".join((traceback + end if traceback else before + end).splitlines()[-SHOWN:])


def failed_pod(run_id: str) -> tuple[str, str, str]:
    """Return the name and the log of the pod of a run that failed last, and why it failed; or nothing."""
    failed = [pod for pod in _pods(run_id) if pod["status"].get("phase") == "Failed"]
    if not failed:
        return "", "", ""
    pod = max(failed, key=_finished)
    name = str(pod["metadata"]["name"])
    log = COLOUR.sub("", _kubectl("logs", name, "-c", "main"))
    return name, log, GONE if node_went(pod) else message(log)


def node_went(pod: dict[str, Any]) -> bool:
    """Return whether a pod's containers ended unseen, as they do with their node. Their logs have no last words."""
    states = [state.get("state", {}) for state in pod["status"].get("containerStatuses", [])]
    return any(state.get("terminated", {}).get("reason") == "Unknown" for state in states)


def argo_says(run_id: str) -> str:
    """Return why Argo ended a run: somebody stopped it, or it could not make a pod. It may know nothing."""
    text = _kubectl("get", "workflows.argoproj.io", "-l", f"pipeline/runid={run_id}", "-o", "json")
    for workflow in json.loads(text)["items"] if text else []:
        if workflow["spec"].get("activeDeadlineSeconds") == 0:  # how Kubeflow Pipelines stops a run
            return "it was stopped"
        nodes = workflow.get("status", {}).get("nodes", {}).values()
        said = [node.get("message", "") for node in nodes if node.get("phase") in ("Error", "Failed")]
        if told := [message for message in said if message]:
            return str(told[0])
    return ""


def waiting(run_id: str) -> str:
    """Return why a pod of a run cannot start, or nothing."""
    for pod in _pods(run_id):
        if hangs(pod, datetime.now(UTC)):
            name = pod["metadata"]["name"]
            return (
                f"{name} does not start: Kubernetes leaves a pod so whose node restarted under it. "
                f"`kubectl delete pod --namespace {KFP_NAMESPACE} {name}`, and the step is tried again."
            )
        states = [state.get("state", {}).get("waiting", {}) for state in pod["status"].get("containerStatuses", [])]
        states += [item for item in pod["status"].get("conditions", []) if item.get("reason") == "Unschedulable"]
        for state in states:
            if state.get("reason", "") not in ("", "ContainerCreating", "PodInitializing"):
                advice = " `capstan cluster up CAPSTONE` builds its image." if "Image" in state["reason"] else ""
                said = f"{pod['metadata']['name']} waits: {state['reason']}: {state.get('message', '')}".rstrip(": ")
                return said + advice
    return ""


def fetch(uri: str, seconds: float) -> bytes | None:
    """Return an object of KFP's artifact store, or None when it is not there.

    Raises CapstanError when the store does not answer. It may be starting again: it is asked for some seconds.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            with _bucket(uri) as bucket:
                return bucket.read(_key(uri))
        except CapstanError:
            if time.monotonic() > end:
                raise
            time.sleep(1)


@contextmanager
def _bucket(uri: str) -> Iterator[Bucket]:
    own = settings()
    if not own.s3_endpoint:
        raise CapstanError("CAPSTAN_S3_ENDPOINT is not set.")
    with local_addresses(s3=own.s3_endpoint) as here:
        yield Bucket(urlsplit(uri).netloc, here["s3"], own.s3_region, own.s3_access_key, own.s3_secret_key)


def _key(uri: str) -> str:
    return urlsplit(uri).path.strip("/")


def hangs(pod: dict[str, Any], now: datetime) -> bool:
    """Return whether a pod's init containers have ended long ago, a container after them never began, and none runs."""
    conditions = {item["type"]: item for item in pod["status"].get("conditions", [])}
    initialized = conditions.get("Initialized", {})
    if initialized.get("status") != "True" or not pod["status"].get("initContainerStatuses"):
        return False
    since = datetime.fromisoformat(initialized["lastTransitionTime"])
    states = [state.get("state", {}) for state in pod["status"].get("containerStatuses", [])]
    reasons = [state["waiting"].get("reason", "") for state in states if "waiting" in state]
    none_runs = not any("running" in state for state in states)
    still = bool(reasons) and none_runs and all(reason in ("", "PodInitializing") for reason in reasons)
    return still and (now - since).total_seconds() > HANGS_SECONDS


def _pods(run_id: str) -> list[dict[str, Any]]:
    text = _kubectl("get", "pods", "-l", f"pipeline/runid={run_id}", "-o", "json")
    pods: list[dict[str, Any]] = json.loads(text)["items"] if text else []
    return pods


def _finished(pod: dict[str, Any]) -> str:
    ends = [state.get("state", {}).get("terminated", {}) for state in pod["status"].get("containerStatuses", [])]
    return max((str(end.get("finishedAt", "")) for end in ends), default="")


def _kubectl(*arguments: str) -> str:
    """Return what kubectl prints; "" when it fails, or is not here, as in a pod."""
    with suppress(CapstanError):
        return kubectl(*arguments, "--namespace", KFP_NAMESPACE, "--request-timeout", f"{SECONDS}s")
    return ""
