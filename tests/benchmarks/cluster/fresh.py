"""What a new cluster took to get ready, from the times that its objects still hold: measuring it deletes nothing."""

import json
import subprocess
from datetime import datetime

from tests.benchmarks.cluster import need
from tests.e2e import kube

RESTARTED = 600  # seconds after its creation: a Deployment that became available later had lost its pod


def rows() -> list[dict]:
    """Return the seconds from the node's creation, and from that of our namespace, until everything was available."""
    node = need.node()
    output = subprocess.run(["docker", "inspect", node], capture_output=True, text=True, check=True).stdout
    began = datetime.fromisoformat(json.loads(output)[0]["Created"])
    deployments = json.loads(kube.kubectl("get", "deployments", "--all-namespaces", "--output=json"))["items"]
    ours = [item for item in deployments if item["metadata"]["namespace"] == "capstan"]
    theirs = [item for item in deployments if item not in ours]
    namespace = datetime.fromisoformat(kube.get("namespace", "capstan")["metadata"]["creationTimestamp"])
    [ready] = [each for each in kube.get("node", node)["status"]["conditions"] if each["type"] == "Ready"]
    ours = [item for item in ours if "serving.kserve.io/inferenceservice" not in item["metadata"]["labels"]]
    spans = {
        "a new kind cluster, until its node is ready": [(began, ready["lastTransitionTime"])],
        "and until the platform is": [(began, available) for item in theirs if (available := _available(item))],
        "a first `make cluster`, from our namespace until our services are ready": [
            (namespace, available) for item in ours if (available := _available(item))
        ],
    }
    return [
        {"what": what, "goal": "", "measured": f"{max(_seconds(*pair) for pair in pairs):.0f} s"}
        for what, pairs in spans.items()
        if pairs and max(_seconds(*pair) for pair in pairs) < RESTARTED
    ]


def _available(item: dict) -> str:
    """Return when a Deployment became available, or "" when that was not its first time."""
    for condition in item["status"].get("conditions", []):
        if condition["type"] == "Available":
            moment: str = condition["lastTransitionTime"]
            created = datetime.fromisoformat(item["metadata"]["creationTimestamp"])
            return moment if _seconds(created, moment) < RESTARTED else ""
    return ""


def _seconds(before: datetime, after: str) -> float:
    return (datetime.fromisoformat(after) - before).total_seconds()
