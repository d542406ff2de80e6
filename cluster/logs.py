"""The logs of a run's steps: from their pods, or from the object store when the pods are gone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from capstan.data.storage import Bucket
from capstan.errors import CapstanError
from capstan.notes import MARK
from capstan.runner.progress import COLOUR, ERROR
from capstan.services.waiting import retried
from capstan.settings import settings
from cluster import pod_state
from cluster.access import local_addresses
from cluster.kubectl import kubectl
from cluster.metadata import Execution
from cluster.names import KFP_NAMESPACE

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
MEMORY = "it was killed, as a step is that takes more memory than its limit"
WROTE = "Wrote executor output file"  # the last words of a step that succeeded
ENDED = (
    "its pod was ended when its work was done, before Kubeflow Pipelines knew. What it changed stays. Run the pipeline "
    "again: nothing is done twice"
)
TRACEBACK = "Traceback (most recent call last):"
SECONDS = 20
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
        return MEMORY
    if told := FATAL.findall(log):
        return str(told[-1])
    own = "\n".join(line for line in log.splitlines() if not AROUND.match(line))
    if WROTE in own.rpartition("\n")[2]:
        return ENDED
    before, traceback, end = own.rpartition(TRACEBACK)
    return "\n".join((traceback + end if traceback else before + end).splitlines()[-SHOWN:])


def of_pod(pod: dict[str, Any]) -> tuple[str, str]:
    """Return the log of a pod that failed, and what went wrong in it."""
    log = COLOUR.sub("", _kubectl("logs", pod["metadata"]["name"], "-c", "main"))
    return log, MEMORY if pod_state.out_of_memory(pod) else message(log)


def of_driver(pod: dict[str, Any]) -> tuple[str, str]:
    """Return the log of a driver that failed, and its last words. One that was cut off has none."""
    log = COLOUR.sub("", _kubectl("logs", pod["metadata"]["name"], "-c", "main"))
    told = FATAL.findall(log)
    return log, str(told[-1]).rstrip(". ") if told else "its driver ended without a word"


def fetch(uri: str, seconds: float) -> bytes | None:
    """Return an object of KFP's artifact store, or None when it is not there.

    Raises CapstanError when the store does not answer. It may be starting again: it is asked for some seconds.
    """

    def read() -> bytes | None:
        with _bucket(uri) as bucket:
            return bucket.read(_key(uri))

    return retried(read, CapstanError, seconds)


@contextmanager
def _bucket(uri: str) -> Iterator[Bucket]:
    own = settings()
    if not own.s3_endpoint:
        raise CapstanError("CAPSTAN_S3_ENDPOINT is not set.")
    with local_addresses(s3=own.s3_endpoint) as here:
        yield Bucket(urlsplit(uri).netloc, here["s3"], own.s3_region, own.s3_access_key, own.s3_secret_key)


def _key(uri: str) -> str:
    return urlsplit(uri).path.strip("/")


def _kubectl(*arguments: str) -> str:
    """Return what kubectl prints; "" when it fails, or is not here, as in a pod."""
    with suppress(CapstanError):
        return kubectl(*arguments, "--namespace", KFP_NAMESPACE, "--request-timeout", f"{SECONDS}s")
    return ""
