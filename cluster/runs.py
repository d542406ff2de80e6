"""The API of Kubeflow Pipelines: start a run and look at one. `cluster.run_records` has the rest."""

import json
from datetime import datetime
from typing import Any

import httpx

from capstan.errors import CapstanError, Unavailable
from capstan.services.waiting import retried
from cluster import package
from cluster.names import STEPS_ACCOUNT, shared_name
from cluster.run_records import RunRecords

__all__ = ["EXPERIMENT", "Runs", "reason"]

EXPERIMENT = "capstan"
PATIENCE = 300  # seconds for the API to come back: a node that starts again takes two minutes and more


class Runs(RunRecords):
    """The API at a URL."""

    def __enter__(self) -> "Runs":
        return self

    def submit(self, pipeline: Any, parameters: dict[str, Any]) -> str:
        """Compile a pipeline and start it. Return the id of the run."""
        import kfp

        name = f"{shared_name(pipeline.name)}-{datetime.now():%Y-%m-%d-%H%M%S}"
        with package.written(pipeline) as path:
            try:
                run = kfp.Client(host=self.url).create_run_from_pipeline_package(
                    path,
                    arguments=parameters,
                    run_name=name,
                    experiment_name=EXPERIMENT,
                    service_account=STEPS_ACCOUNT,
                    pipeline_root=package.ROOT,
                )
            except Exception as error:  # of the client, of its HTTP library, of kfp's server API
                raise CapstanError(f"Kubeflow Pipelines did not take the run: {reason(error)}") from error
        return str(run.run_id)

    def get(self, run_id: str) -> dict[str, Any]:
        """Return a run, with the details of its tasks. Wait for the API if it is away for a while.

        Raises CapstanError when there is no such run, Unavailable when the API stays away.
        """

        def ask() -> dict[str, Any]:
            reply = self.client.get(f"/runs/{run_id}")
            if reply.status_code == httpx.codes.NOT_FOUND:
                raise CapstanError(f"The run {run_id} was deleted in Kubeflow Pipelines.")
            run: dict[str, Any] = reply.raise_for_status().json()
            return run

        try:
            return retried(ask, httpx.HTTPError, PATIENCE)
        except httpx.HTTPError as error:
            raise Unavailable(f"Kubeflow Pipelines no longer answers ({error}).") from error


def reason(error: Exception) -> str:
    """Return what the server said: its answers are JSON with a message, inside the text of an exception."""
    try:
        return str(json.loads(getattr(error, "body", ""))["message"])
    except (ValueError, KeyError, TypeError):
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
