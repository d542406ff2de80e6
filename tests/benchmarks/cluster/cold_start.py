"""How long a new pod of the endpoint takes, with the image on the node: from its creation until it gets requests."""

import statistics
import time
from datetime import datetime

from tests.e2e import kube
from tests.e2e.endpoint import PODS, replicas, scale

TIMES = 5


def rows(times: int = TIMES) -> list[dict]:
    """Delete the endpoint's pod several times; return how long its successor took."""
    scale(1, 1)
    try:
        [name] = replicas(1)
        durations = []
        for _ in range(times):
            kube.kubectl("delete", "pod", name, "--namespace=capstan", timeout=120)
            [name] = replicas(1)
            [pod] = kube.pods(PODS)
            durations.append(_since_creation(pod))
            time.sleep(3)
    finally:
        scale(1, 3)
    return [
        _row("its containers start", [each["PodReadyToStartContainers"] for each in durations]),
        _row("it is ready", [each["Ready"] for each in durations]),
    ]


def _row(what: str, seconds: list[float]) -> dict:
    measured = f"{statistics.median(seconds):.0f} s, of {', '.join(f'{each:.0f}' for each in seconds)}"
    return {"what": f"cold start of an endpoint's pod, until {what}", "goal": "", "measured": measured}


def _since_creation(pod: dict) -> dict[str, float]:
    """Return the seconds until each condition. Kubernetes reports times in whole seconds."""
    created = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    return {
        condition["type"]: (datetime.fromisoformat(condition["lastTransitionTime"]) - created).total_seconds()
        for condition in pod["status"]["conditions"]
    }
