"""The API of Kubeflow Pipelines: start a run, look at one, and find those that go on."""

import json
import tempfile
import time
import warnings
from contextlib import redirect_stdout
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx

from capstan.errors import CapstanError

EXPERIMENT = "capstan"
UNFINISHED = ("PENDING", "RUNNING", "CANCELING", "PAUSED")
SECONDS = 20
PATIENCE = 120  # seconds for the API to come back; its pod may have moved


class Runs:
    """The API at a URL."""

    def __init__(self, url: str):
        self.url = url
        self.client = httpx.Client(base_url=f"{url}/apis/v2beta1", timeout=SECONDS)

    def __enter__(self) -> "Runs":
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()

    def submit(self, pipeline: Any, parameters: dict[str, Any]) -> str:
        """Compile a pipeline and start it. Return the id of the run."""
        import kfp
        from kfp import compiler

        name = f"{pipeline.name}-{datetime.now():%Y-%m-%d-%H%M%S}"
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")  # the client warns of servers before 2.0, whichever it talks to
            package = str(Path(folder) / "pipeline.yaml")
            compiler.Compiler().compile(pipeline, package)
            try:
                run = kfp.Client(host=self.url).create_run_from_pipeline_package(
                    package, arguments=parameters, run_name=name, experiment_name=EXPERIMENT
                )
            except Exception as error:  # of the client, of its HTTP library, of kfp's server API
                raise CapstanError(f"Kubeflow Pipelines did not take the run: {_reason(error)}") from error
        return str(run.run_id)

    def get(self, run_id: str) -> dict[str, Any]:
        """Return a run, with the details of its tasks. Wait for the API if it is away for a while."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                reply = self.client.get(f"/runs/{run_id}").raise_for_status()
            except httpx.HTTPError as error:
                if time.monotonic() > end:
                    raise CapstanError(
                        f"Kubeflow Pipelines no longer answers ({error}). The run {run_id} may go on: see `kfp run get "
                        f"{run_id}`."
                    ) from error
                time.sleep(1)
            else:
                run: dict[str, Any] = reply.json()
                return run

    def require_none_of(self, pipeline: str, capstone: str) -> None:
        """Raise CapstanError while a run of a pipeline goes on. Two would race for the same features and endpoint."""
        states = {"operation": "IN", "key": "state", "stringValues": {"values": UNFINISHED}}
        query = {"filter": json.dumps({"predicates": [states]}), "page_size": "100"}
        try:
            found = self.client.get("/runs", params=query).raise_for_status().json().get("runs", [])
        except httpx.HTTPError as error:
            raise CapstanError(f"Kubeflow Pipelines does not answer ({error}): `capstan cluster status`.") from error
        for run in found:
            if _pipeline_of(run) == pipeline:
                raise CapstanError(
                    f"{capstone} is being run already: {run['run_id']}, since {run['created_at']}. Wait for it, or "
                    f"stop it with `kfp run terminate {run['run_id']}`."
                )


def _pipeline_of(run: dict[str, Any]) -> str:
    """Return the name of a run's pipeline. With settings of Kubernetes, its specification is one level deeper."""
    spec = run.get("pipeline_spec", {})
    return str(spec.get("pipeline_spec", spec).get("pipelineInfo", {}).get("name", ""))


def _reason(error: Exception) -> str:
    """Return what the server said: its answers are JSON with a message, inside the text of an exception."""
    try:
        return str(json.loads(getattr(error, "body", ""))["message"])
    except (ValueError, KeyError, TypeError):
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
