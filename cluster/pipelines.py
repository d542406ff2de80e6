"""Run a capstone's pipeline on Kubeflow Pipelines, and follow it."""

import json
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from capstan import catalogue
from capstan import image_names as images
from capstan.errors import CapstanError, Unavailable
from capstan.rollout import store
from capstan.rollout.commands import require_no_rollout
from capstan.runner.parameters import checked_parameters
from capstan.runner.progress import Listener
from capstan.settings import settings
from cluster import logs, outputs, recurring
from cluster.access import local_addresses
from cluster.metadata import Metadata
from cluster.names import METADATA, shared_name
from cluster.names import PIPELINES_API as API
from cluster.runs import Runs
from cluster.watch import LostPod, Watch

ATTEMPTS = 3  # of a run whose steps lose their pods
AGAIN = f"It was tried {ATTEMPTS} times. Run it again when `kubectl get nodes` and `capstan cluster status` are well."
FETCH_SECONDS = 20  # the object store may be starting again


def run(
    capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run a pipeline. Return its outputs by name (values, or `outputs.Output`) and where to see more, by name.

    Raises CapstanError when a step fails, with the step's own message if it had one, or while another run goes on.
    Ctrl-C ends the following; the run goes on. On a laptop, call it inside `access.connect("CAPSTAN_TRACKING_URI")`.
    """
    catalogue.folder(capstone)
    images.require(capstone)
    with local_addresses(api=API, metadata=METADATA) as addresses:
        pipeline = catalogue.load_pipeline(capstone)
        parameters = checked_parameters(capstone, pipeline, parameters)
        require_no_rollout(capstone, store.read(capstone))
        return execute(pipeline, capstone, parameters, on_event, addresses)


def once(
    pipeline: Any, capstone: str, parameters: dict[str, Any], on_event: Listener = lambda *_: None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run a pipeline that all capstones share, such as that of `graphs.monitoring`, for one of them. As `run` does."""
    images.require(capstone)
    with local_addresses(api=API, metadata=METADATA) as addresses:
        return execute(pipeline, capstone, {"capstone": capstone} | parameters, on_event, addresses)


def every(pipeline: Any, capstone: str, seconds: int, parameters: dict[str, Any]) -> str:
    """Run such a pipeline every so many seconds, until `stop`. Return the id of the recurring run."""
    images.require(capstone)
    with local_addresses(api=API) as addresses:
        return recurring.start(addresses["api"], pipeline, capstone, seconds, {"capstone": capstone} | parameters)


def stop(pipeline: str, capstone: str) -> int:
    """End the recurring runs of a shared pipeline for a capstone, by its name; return how many there were."""
    with local_addresses(api=API) as addresses:
        return recurring.stop(addresses["api"], pipeline, capstone)


def execute(
    pipeline: Any, capstone: str, parameters: dict[str, Any], on_event: Listener, addresses: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run a pipeline on the services at some addresses, `api` and `metadata`."""
    from google.protobuf import json_format

    spec = json_format.MessageToDict(pipeline.pipeline_spec)
    log = settings().home / "logs" / capstone / f"{datetime.now():%Y-%m-%d-%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        Runs(addresses["api"]) as runs,
        Metadata(addresses["metadata"]) as metadata,
        log.open("w", buffering=1) as file,
    ):
        runs.require_none_of(shared_name(pipeline.name), capstone)
        if words := images.other_code(capstone):
            on_event(words, "note", 0.0)
        for attempt in range(1, ATTEMPTS + 1):
            run_id = runs.submit(pipeline, parameters)
            try:
                _follow(Watch(run_id, runs, metadata, file, on_event), spec, capstone)
                break
            except LostPod as error:
                # kfp cannot try one step again for this: its `set_retry` becomes Argo's policy OnFailure, by which a
                # step that failed by itself is tried again, and one whose pod was deleted is not.
                if attempt == ATTEMPTS:
                    raise LostPod(f"{error}\n{AGAIN}") from None
                on_event("The run is started again: what was done comes from the cache.", "note", 0.0)
        collected = outputs.collect(spec, metadata.executions(run_id))
    _read_files(collected, settings().home / "runs" / run_id, on_event)
    return collected, {"log": str(log), "run": run_id}


def _follow(watch: Watch, spec: dict[str, Any], capstone: str) -> None:
    """Follow a run to its end. Raises CapstanError unless it ends well."""
    try:
        run = watch.until_ended(spec)
    except KeyboardInterrupt:
        print(
            f"\nThe run goes on: {watch.run_id}. Stop it with `capstan --profile cluster stop {capstone}`.",
            file=sys.stderr,
        )
        raise
    except Unavailable as error:  # of the way to it
        raise Unavailable(f"{error} The run goes on without this command; see `kfp run get {watch.run_id}`.") from error
    watch.require_success(run)


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
