"""The pods of a run of Kubeflow Pipelines, and what Argo remembers of those that are gone."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from capstan.errors import CapstanError
from cluster import api, pod_state
from cluster.names import KFP_NAMESPACE

PODS = f"/api/v1/namespaces/{KFP_NAMESPACE}/pods"
WORKFLOWS = f"/apis/argoproj.io/v1alpha1/namespaces/{KFP_NAMESPACE}/workflows"
ID, NAME = "workflows.argoproj.io/node-id", "workflows.argoproj.io/node-name"  # annotations: of Argo's node


def read(run_id: str) -> "RunPods":
    """Return the pods of a run; none while Kubernetes does not answer."""
    query = {"labelSelector": f"pipeline/runid={run_id}"}
    with suppress(CapstanError):
        pods, workflows = (api.get(path, **query) or {} for path in (PODS, WORKFLOWS))
        return RunPods(pods.get("items", []), workflows.get("items", []), known=True)
    return RunPods()


@dataclass(frozen=True)
class RunPods:
    """Pods and Workflows, as Kubernetes has them."""

    pods: list[dict[str, Any]] = field(default_factory=list)
    workflows: list[dict[str, Any]] = field(default_factory=list)
    known: bool = False  # Kubernetes answered

    def orphaned(self) -> bool:
        """Return whether the Workflow of the run, which is not over, was deleted: nothing carries it on or ends it."""
        return self.known and not self.workflows

    def lost(self) -> dict[str, str]:
        """Return why pods were lost, by their steps."""
        losses = {_step(_annotation(pod, NAME)): why for pod in self.pods if (why := pod_state.loss(pod))}
        deleted = [node for node in self._failed_without_pod() if node.get("hostNodeName")]
        return losses | {_step(node["name"]): pod_state.DELETED for node in deleted}

    def failed(self) -> bool:
        """Return whether a step failed by itself, or could not get a pod, as when a quota forbids it."""
        never = [node for node in self._failed_without_pod() if not node.get("hostNodeName")]
        return bool(never) or any(not _is_driver(pod) for pod in filter(pod_state.failed, self.pods))

    def failed_drivers(self) -> dict[str, dict[str, Any]]:
        """Return the pods in which Kubeflow Pipelines itself failed before a step began, by their steps."""
        return {_step(_annotation(pod, NAME)): pod for pod in filter(pod_state.failed, self.pods) if _is_driver(pod)}

    def dead(self) -> bool:
        """Return whether a step failed or lost its pod, and no other is at work: the run has to end now."""
        retries = any(node["type"] == "Retry" and node.get("phase") == "Running" for node in self._nodes().values())
        works = retries or any(map(pod_state.works, self.pods))  # a pipeline may use kfp's `set_retry`
        return bool(self.lost() or self.failed() or self.failed_drivers()) and not works

    def last_failed(self) -> dict[str, Any] | None:
        """Return the pod of a step that failed last by itself."""
        failed = (pod for pod in self.pods if pod_state.failed(pod) and not _is_driver(pod))
        return max(failed, key=pod_state.finished, default=None)

    def waiting(self) -> str:
        """Return why a pod cannot start, or nothing."""
        return next(filter(None, map(pod_state.waiting, self.pods)), "")

    def away(self) -> str:
        """Return which pod's node does not answer, or nothing. A step may not ask for nodes, and learns nothing."""
        with suppress(CapstanError):
            for pod in filter(pod_state.works, self.pods):
                node = pod["spec"].get("nodeName")
                if node and not pod_state.is_ready(api.get(f"/api/v1/nodes/{node}") or {}):
                    step = _step(_annotation(pod, NAME))
                    return f"The node of {step}, {node}, does not answer. After some minutes Kubernetes gives it up."
        return ""

    def replace_stuck(self) -> list[str]:
        """Delete the pods that would never start; return the steps. Argo makes such a pod again."""
        steps = []
        with suppress(CapstanError):
            for pod in filter(pod_state.works, self.pods):
                if pod_state.hangs(pod, datetime.now(UTC)):
                    api.delete(f"{PODS}/{pod['metadata']['name']}")
                    steps.append(_step(_annotation(pod, NAME)))
        return steps

    def stopped(self) -> bool:
        """Return whether Kubeflow Pipelines was asked to stop the run, which it may still call FAILED."""
        return any(workflow["spec"].get("activeDeadlineSeconds") == 0 for workflow in self.workflows)

    def argo_says(self) -> str:
        """Return why Argo ended the run, as when it could not make a pod. It may know nothing."""
        return next((str(node["message"]) for node in self._failed_nodes().values() if node.get("message")), "")

    def _nodes(self) -> dict[str, dict[str, Any]]:
        """Return Argo's nodes by their ids: steps, and what they are parts of."""
        return {key: node for flow in self.workflows for key, node in flow.get("status", {}).get("nodes", {}).items()}

    def _failed_nodes(self) -> dict[str, dict[str, Any]]:
        return {key: node for key, node in self._nodes().items() if node.get("phase") in ("Failed", "Error")}

    def _failed_without_pod(self) -> list[dict[str, Any]]:
        there = {_annotation(pod, ID) for pod in self.pods}
        return [node for key, node in self._failed_nodes().items() if node["type"] == "Pod" and key not in there]


def _annotation(pod: dict[str, Any], name: str) -> str:
    return str(pod["metadata"].get("annotations", {}).get(name, ""))


def _is_driver(pod: dict[str, Any]) -> bool:
    """Return whether a pod prepares a step. It runs Kubeflow Pipelines' code alone."""
    return _annotation(pod, NAME).endswith("-driver")


def _step(name: str) -> str:
    """Return the step of a node of Argo, such as "flight-delay-x6mhd.root.train.executor"."""
    return name.removesuffix(".executor").rpartition(".")[2].removesuffix("-driver")
