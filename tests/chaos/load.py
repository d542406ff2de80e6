"""Clients of the endpoint in their own pod, which outlives what happens to the services and the node."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, SERVICE

NAME, NAMESPACE = "chaos-clients", "kubeflow"
FILE = "/answers/answers"


@dataclass(frozen=True)
class Answers:
    """What clients received: times and ids of predictions, and of each request without one the time and the reason."""

    times: list[float]
    ids: list[str]  # in the order of times
    failures: list[tuple[float, str]]

    @classmethod
    def parse(cls, text: str) -> "Answers":
        """Read the lines of asker.py. The last one may be cut."""
        times, ids, failures = [], [], []
        for line in text.splitlines()[:-1]:
            time, answer = line.split(" ", 1)
            if answer.startswith("- "):
                failures.append((float(time), answer[2:]))
            else:
                times.append(float(time))
                ids.append(answer)
        answered = sorted(zip(times, ids, strict=True))
        return cls([time for time, _ in answered], [id_ for _, id_ in answered], failures)

    def when(self, prediction: str) -> float:
        """Return the time at which a prediction was answered."""
        return self.times[self.ids.index(prediction)]

    def unanswered(self, since: float) -> list[str]:
        """Return why requests that ended after an instant have no prediction.

        Those before belong to the clients' own start: a new pod is refused until each node's policies know it.
        """
        return [why for time, why in self.failures if time > since]

    def silence(self, since: float) -> float:
        """Return the longest time between two answers, from an instant on."""
        later = [since, *(time for time in self.times if time > since)]
        return max((after - before for before, after in pairwise(later)), default=0.0)


@contextmanager
def clients() -> Iterator[None]:
    """Have clients ask, until the end of the `with` statement."""
    kube.kubectl("delete", "pod", NAME, f"--namespace={NAMESPACE}", "--ignore-not-found", "--grace-period=1")
    kube.kubectl("apply", "--filename=-", input=json.dumps(_pod()))
    try:
        kube.wait_until(lambda: answers().ids, 120, "an answer of the endpoint")
        yield
    finally:
        kube.kubectl("delete", "pod", NAME, f"--namespace={NAMESPACE}", "--ignore-not-found", "--grace-period=1")


def answers() -> Answers:
    """Return what they received so far."""
    with suppress(kube.KubectlError):
        return Answers.parse(kube.kubectl("exec", f"--namespace={NAMESPACE}", NAME, "--", "cat", FILE))
    return Answers([], [], [])


def _pod() -> dict:
    url = f"http://{SERVICE}-predictor.capstan/v1/models/{CAPSTONE}:predict"
    script = Path(__file__).with_name("asker.py").read_text()
    token = {"secretKeyRef": {"name": "capstan-registry", "key": "CAPSTAN_TOKEN"}}
    container = {
        "name": "main",
        "image": kube.image(),
        "command": ["python", "-c", script, url, json.dumps({"instances": [FLIGHT]}), FILE],
        "env": [{"name": "CAPSTAN_TOKEN", "valueFrom": token}],
        "securityContext": kube.LOCKED,
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "volumeMounts": [{"name": "answers", "mountPath": "/answers"}],  # it outlives the container
    }
    spec = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 1,
        "securityContext": kube.USER | {"fsGroup": 10001},
        "containers": [container],
        "nodeSelector": kube.FIRST_NODE,  # others are drained and lost
        "volumes": [{"name": "answers", "emptyDir": {}}],
    }
    labels = {"pipeline/runid": NAME, "capstan/capstone": CAPSTONE}  # as a step has it: network policies let it ask
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels},
        "spec": spec,
    }
