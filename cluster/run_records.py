"""What Kubeflow Pipelines knows of runs: list, find and delete them, through its API."""

import json
from typing import Any

import httpx

from capstan.errors import Busy, Unavailable
from capstan.services.proxies import is_loopback
from cluster.names import shared_name

UNFINISHED = ("PENDING", "RUNNING", "CANCELING", "PAUSED")
OF_ANY = (shared_name("monitoring"), shared_name("scoring"))  # pipelines of any capstone, which is their parameter
SECONDS = 20
PAGE = "200"  # items


class RunRecords:
    """The API at a URL."""

    def __init__(self, url: str):
        self.url = url
        self.client = httpx.Client(base_url=f"{url}/apis/v2beta1", timeout=SECONDS, trust_env=not is_loopback(url))

    def __enter__(self) -> "RunRecords":
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.close()

    def all(self) -> list[dict[str, Any]]:
        """Return every run, archived ones too. Raises CapstanError."""
        return self._pages("runs", "runs")

    def recurring(self) -> list[dict[str, Any]]:
        """Return every recurring run. Raises CapstanError."""
        return self._pages("recurringruns", "recurringRuns")

    def exists(self, run_id: str) -> bool:
        """Return whether there is a run of that id. Raises CapstanError."""
        return self._call("GET", f"/runs/{run_id}") is not None

    def delete(self, run_id: str) -> None:
        """Delete a run, if it is there. Its entries of the cache, its Workflow and its pods go with it."""
        self._call("DELETE", f"/runs/{run_id}")

    def delete_recurring(self, run_id: str) -> None:
        """Delete a recurring run, if it is there."""
        self._call("DELETE", f"/recurringruns/{run_id}")

    def require_none_of(self, pipeline: str, capstone: str) -> None:
        """Raise Busy while a run of a pipeline goes on. Two would race for the same features and endpoint."""
        for run in self.unfinished(pipeline, capstone):
            raise Busy(
                f"{capstone} is being run already: {run['run_id']}, since {run['created_at']}. Wait for it, or "
                f"stop it with `capstan --profile cluster stop {capstone}`."
            )

    def unfinished(self, pipeline: str, capstone: str) -> list[dict[str, Any]]:
        """Return the runs of a pipeline that go on. Raises CapstanError."""
        states = {"operation": "IN", "key": "state", "stringValues": {"values": UNFINISHED}}
        runs = self._pages("runs", "runs", filter=json.dumps({"predicates": [states]}))
        return [run for run in runs if pipeline_of(run) == pipeline and is_of(run, {capstone: pipeline})]

    def terminate(self, run_id: str) -> None:
        """Stop a run, if it is there: its pods end, and it becomes CANCELED. Raises CapstanError."""
        self._call("POST", f"/runs/{run_id}:terminate")

    def _pages(self, path: str, name: str, **query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        token = ""
        while True:
            more = {"page_token": token} if token else {}
            reply = self._call("GET", f"/{path}", {"page_size": PAGE, **query, **more}) or {}
            items += reply.get(name, [])
            token = reply.get("next_page_token", "")
            if not token:
                return items

    def _call(self, method: str, path: str, query: dict[str, str] | None = None) -> dict[str, Any] | None:
        """Return the answer, or None when the API knows no such item."""
        try:
            reply = self.client.request(method, path, params=query)
            if reply.status_code == httpx.codes.NOT_FOUND:
                return None
            answer: dict[str, Any] = reply.raise_for_status().json()
        except httpx.HTTPError as error:
            raise Unavailable(f"Kubeflow Pipelines does not answer ({error}): `capstan cluster status`.") from error
        return answer


def pipeline_of(run: dict[str, Any]) -> str:
    """Return the name of a run's pipeline. With settings of Kubernetes, its specification is one level deeper."""
    spec = run.get("pipeline_spec", {})
    return str(spec.get("pipeline_spec", spec).get("pipelineInfo", {}).get("name", ""))


def is_of(run: dict[str, Any], pipelines: dict[str, str]) -> bool:
    """Return whether a run, or a recurring one, is of one of some capstones: the names of their pipelines by theirs."""
    name = pipeline_of(run)
    capstone = run.get("runtime_config", {}).get("parameters", {}).get("capstone")
    return capstone in pipelines if name in OF_ANY else name in pipelines.values()


def is_under_way(run: dict[str, Any]) -> bool:
    """Return whether a run has not ended."""
    return run.get("state", UNFINISHED[0]) in UNFINISHED
