"""Run a capstone's pipeline on Kubeflow Pipelines, and follow it."""

import json
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from capstan import catalogue, images
from capstan.cluster import logs, outputs, recurring
from capstan.cluster.access import local_addresses
from capstan.cluster.follow import Event, Follower, steps_of
from capstan.cluster.metadata import Execution, Metadata
from capstan.cluster.names import METADATA
from capstan.cluster.names import PIPELINES_API as API
from capstan.cluster.runs import UNFINISHED, Runs
from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.rollout.commands import require_no_rollout
from capstan.runner import failure
from capstan.runner.parameters import checked_parameters
from capstan.runner.progress import Listener
from capstan.settings import settings

POLL_SECONDS = 1
PENDING_SECONDS = 15  # a pod that waits for longer may have a reason
FETCH_SECONDS = 20  # the object store may be starting again
SETTLE_SECONDS = 5  # the API may report the end of a run before that of its last steps


def run(
    capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run a pipeline. Return its outputs by name (values, or `outputs.Output`) and where to see more, by name.

    Raises CapstanError when a step fails, with the step's own message if it had one, or while another run goes on.
    Ctrl-C ends the following; the run goes on. On a laptop, call it inside `access.connect("CAPSTAN_TRACKING_URI")`.
    """
    catalogue.folder(capstone)
    images.require(capstone)
    with local_addresses(api=API, metadata=METADATA) as at:
        pipeline = catalogue.load_pipeline(capstone)
        parameters = checked_parameters(capstone, pipeline, parameters)
        require_no_rollout(capstone, store.read(capstone))
        return execute(pipeline, capstone, parameters, on_event, at)


def monitor(
    capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run the monitoring pipeline on a capstone's live predictions, once. As `run` does it."""
    images.require(capstone)
    pipeline = catalogue.load_monitoring(capstone)
    with local_addresses(api=API, metadata=METADATA) as at:
        return execute(pipeline, capstone, {"capstone": capstone} | parameters, on_event, at)


def monitor_every(capstone: str, seconds: int, parameters: dict[str, Any]) -> str:
    """Run the monitoring pipeline on a capstone every so many seconds, until `stop_monitoring`. Return the id."""
    images.require(capstone)
    pipeline = catalogue.load_monitoring(capstone)
    with local_addresses(api=API) as at:
        return recurring.start(at["api"], pipeline, capstone, seconds, {"capstone": capstone} | parameters)


def stop_monitoring(capstone: str) -> int:
    """End the recurring runs of a capstone; return how many there were."""
    with local_addresses(api=API) as at:
        return recurring.stop(at["api"], capstone)


def execute(
    pipeline: Any, capstone: str, parameters: dict[str, Any], on_event: Listener, at: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run a pipeline on the services at some addresses, `api` and `metadata`."""
    from google.protobuf import json_format

    spec = json_format.MessageToDict(pipeline.pipeline_spec)
    log = settings().home / "logs" / capstone / f"{datetime.now():%Y-%m-%d-%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with Runs(at["api"]) as runs, Metadata(at["metadata"]) as metadata, log.open("w", buffering=1) as file:
        runs.require_none_of(pipeline.name, capstone)
        if words := images.other_code(capstone):
            on_event(words, "note", 0.0)
        run_id = runs.submit(pipeline, parameters)
        watch = _Watch(run_id, runs, metadata, file, on_event)
        try:
            run = watch.until_ended(spec)
        except KeyboardInterrupt:
            print(
                f"\nThe run goes on: {run_id}. Stop it with `capstan --profile cluster stop {capstone}`.",
                file=sys.stderr,
            )
            raise
        except CapstanError as error:  # of the way to it
            raise type(error)(f"{error} The run goes on without this command; see `kfp run get {run_id}`.") from error
        watch.require_success(run)
        collected = outputs.collect(spec, metadata.executions(run_id))
    _read_files(collected, settings().home / "runs" / run_id, on_event)
    return collected, {"log": str(log), "run": run_id}


class _Watch:
    """Follows a run: informs the listener, and writes the log of each step to a file."""

    def __init__(self, run_id: str, runs: Runs, metadata: Metadata, file: TextIO, on_event: Listener):
        self.run_id, self.runs, self.metadata = run_id, runs, metadata
        self.file, self.on_event = file, on_event
        self.seen: set[int] = set()  # executions
        self.failure, self.kind = "", CapstanError
        self.reason = ""  # why a pod waits, as reported last
        self.asked = time.monotonic()

    def until_ended(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Return the run when it has ended. Raises CapstanError when it cannot be followed any more."""
        follower = Follower(steps_of(spec))
        settled = 0.0
        while True:
            run = self.runs.get(self.run_id)
            tasks = run.get("run_details", {}).get("task_details", [])
            for event in follower.read(tasks):
                self._tell(event)
            state = run.get("state", UNFINISHED[0])
            if state not in UNFINISHED:
                settled = settled or time.monotonic() + SETTLE_SECONDS
                if time.monotonic() > settled or all(task.get("state") not in UNFINISHED for task in tasks):
                    return run
            self._look_for_waiting(tasks)
            time.sleep(POLL_SECONDS)

    def require_success(self, run: dict[str, Any]) -> None:
        """Raise CapstanError with the reason when a run that has ended did not end well."""
        if run["state"] != "SUCCEEDED":
            raise self.kind(self._explain(run["state"], run))

    def _tell(self, event: Event) -> None:
        if event.state == "started":
            self.on_event(event.step, "started", 0.0)
            return
        execution = self._execution(event.step)
        cached = execution is not None and execution.cached
        log = logs.read(execution) if execution and not cached else ""
        state, seconds = ("cached", 0.0) if cached else (event.state, event.seconds)
        self.file.write(f"---- {event.step}: {state} {seconds:.0f} s\n{log}\n")
        self.on_event(event.step, state, seconds)
        for note in logs.notes(log):
            self.on_event(note, "note", 0.0)
        if state == "failed" and log and not self.failure:
            self.failure, self.kind = f"Step {event.step} failed: {logs.message(log)}", failure.kind(log)

    def _execution(self, step: str) -> Execution | None:
        """Return the execution of a step that ended, the oldest that was not reported yet."""
        for execution in self.metadata.executions(self.run_id):
            if execution.task == step and execution.id not in self.seen and execution.state not in ("new", "running"):
                self.seen.add(execution.id)
                return execution
        return None

    def _explain(self, state: str, run: dict[str, Any]) -> str:
        if state == "CANCELED":
            return f"The run {self.run_id} was stopped."
        said = self.failure
        if not said:  # its driver, or a pod that was killed, so that ML Metadata knows nothing
            pod, log, why = logs.failed_pod(self.run_id)
            self.file.write(f"---- {pod}\n{log}\n")
            why = why or logs.argo_says(self.run_id) or run.get("error", {}).get("message", "")
            said = f"{f'The pod {pod}' if pod else f'The run {self.run_id}'} failed: {why or 'no step says why'}"
        return f"{said}\nThe log is {self.file.name}. See also `kfp run get {self.run_id}`."

    def _look_for_waiting(self, tasks: list[dict[str, Any]]) -> None:
        """Report why a pod cannot start, once: a run would wait for an image or for a free CPU for hours, silently."""
        if not any(task.get("state") == "PENDING" for task in tasks):
            self.asked = time.monotonic()
        elif time.monotonic() - self.asked > PENDING_SECONDS:
            self.asked = time.monotonic()
            reason = logs.waiting(self.run_id)
            if reason and reason != self.reason:
                self.on_event(reason, "note", 0.0)
            self.reason = reason


def _read_files(collected: dict[str, Any], folder: Path, on_event: Listener) -> None:
    """Read the files of a run's outputs: pages, into a folder, and metrics, of which ML Metadata keeps six digits.

    A run that succeeded stays so when its files cannot be read. Unread files are reported.
    """
    seconds = FETCH_SECONDS
    for name, output in collected.items():
        kind = output.schema_title if isinstance(output, outputs.Output) else ""
        if not ("HTML" in kind or "Metrics" in kind):
            continue
        try:
            content = logs.fetch(output.uri, seconds)
        except CapstanError as error:
            seconds = 0  # waited for once
            on_event(f"{name} was not read: {error}", "note", 0.0)
            continue
        if "Metrics" in kind:
            output.metadata |= _exact(content or b"", output.metadata)
        elif content is None:
            on_event(f"{name} was not read: there is no {output.uri}.", "note", 0.0)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            output.path = str(folder / name)


def _exact(written: bytes, known: dict[str, Any]) -> dict[str, float]:
    """Return metrics from the file that our steps write; nothing from what is no such file."""
    with suppress(ValueError, AttributeError):
        return {name: value for name, value in json.loads(written).items() if name in known}
    return {}
