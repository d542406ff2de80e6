"""The APIs of Kubeflow Pipelines, Kubernetes and a Ray cluster, for runs and jobs whose ends a test chooses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.support.http_server import answering
from tests.support.manifests import MANIFESTS, resources
from tests.support.processes import free_port

ID, NAME = "workflows.argoproj.io/node-id", "workflows.argoproj.io/node-name"
TIME = "2026-11-21T10:00:00Z"


@dataclass
class Fate:
    """How a run ends, and what it leaves: pods, and nodes of Argo by their ids."""

    state: str
    pods: list[dict] = field(default_factory=list)
    nodes: dict[str, dict] = field(default_factory=dict)
    tasks: list[dict] = field(default_factory=list)
    workflow: bool = True  # it is there
    spec: dict = field(default_factory=dict)  # of the Workflow


@dataclass
class Cluster:
    """What was asked: runs in their order, those that were stopped, pods and runs that were deleted."""

    url: str
    fates: list[Fate]
    runs: list[Fate] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    job_statuses: list[dict] = field(default_factory=list)  # of each RayJob, one after the other; the last one stays
    servers: list[dict] = field(default_factory=list)  # the pods of endpoints
    job_logs: dict[str, str] = field(default_factory=dict)  # by the id of the job at Ray

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> dict:
        """Return the answer to a request."""
        match path.strip("/").split("/"):
            case [*_, "v2beta1", "experiments"]:
                return {"experiments": [{"experiment_id": "e", "display_name": "capstan"}]}
            case [*_, "v2beta1", "runs"] if method == "POST":
                self.runs.append(self.fates[len(self.runs)])
                return {"run_id": f"run-{len(self.runs)}"}
            case [*_, "v2beta1", "runs"]:
                return {"runs": []}
            case [*_, "v2beta1", "runs", name] if method == "DELETE":
                self.deleted.append(name)
            case [*_, "v2beta1", "runs", name] if method == "POST":
                self.stopped.append(name.partition(":")[0])
                self._run(self.stopped[-1]).state = "CANCELED"
            case [*_, "v2beta1", "runs", name]:
                run = self._run(name)
                return {"run_id": name, "state": run.state, "run_details": {"task_details": run.tasks}}
            case [*_, "kubeflow", "pods"]:
                return {"items": self._run(query["labelSelector"][0].partition("=")[2]).pods}
            case [*_, "capstan", "pods"]:
                return {"items": self.servers}
            case [*_, "kubeflow", "workflows"]:
                run = self._run(query["labelSelector"][0].partition("=")[2])
                return {"items": [{"spec": run.spec, "status": {"nodes": run.nodes}}] if run.workflow else []}
            case [*_, "pods", name] if method == "DELETE":
                self.deleted.append(name)
            case [*_, "podtemplates", name]:
                return next(body for body in resources(MANIFESTS / "base") if body["metadata"]["name"] == name)
            case [*_, "rayjobs", _] if method == "GET":
                return {"status": self.job_statuses.pop(0) if len(self.job_statuses) > 1 else self.job_statuses[0]}
            case ["api", "jobs", name, "logs"]:
                return {"logs": self.job_logs[name]}
            case [*_, "nodes", name]:
                return {"status": {"conditions": [{"type": "Ready", "status": "True" if name == "up" else "Unknown"}]}}
        return {}

    def _run(self, run_id: str) -> Fate:
        return self.runs[int(run_id.rpartition("-")[2]) - 1]


def pod(step: str, phase: str, *states: dict, node: str = "up", conditions: list | None = None, **more) -> dict:
    """Return a pod of a step, or of its driver (STEP-driver). states: of its containers.

    more: of its status, or `deletionTimestamp`.
    """
    name = f"wf.root.{step}" if step.endswith("-driver") else f"wf.root.{step}.executor"
    metadata = {"name": f"wf-{step}", "annotations": {ID: step, NAME: name}}
    metadata |= {key: more.pop(key) for key in ("deletionTimestamp",) if key in more}
    status = {"phase": phase, "conditions": conditions or [], **more}
    status["containerStatuses"] = [{"state": state} for state in states]
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": status}


@contextmanager
def cluster(folder: Path, *fates: Fate) -> Iterator[Cluster]:
    """Yield a cluster whose runs have these fates, one after the other. Its kubeconfig is in the folder."""
    fake = Cluster(f"http://127.0.0.1:{free_port()}", list(fates))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            if length := int(self.headers.get("Content-Length", 0)):
                self.rfile.read(length)
            content = json.dumps(fake.answer(self.command, parts.path, parse_qs(parts.query))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET

        def log_message(self, *_arguments):
            pass

    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": fake.url}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))
    with answering(ThreadingHTTPServer(("127.0.0.1", int(fake.url.rpartition(":")[2])), Handler)):
        yield fake
