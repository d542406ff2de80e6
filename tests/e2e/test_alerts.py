"""An alert of monitoring reaches a webhook in another namespace, as soon as that namespace has the label."""

import base64
import json
import time
from collections import deque
from threading import Thread

import pytest

from cluster.step_secrets import ALERTS
from tests.e2e import kube, shift
from tests.e2e.conftest import HERE
from tests.e2e.endpoint import CAPSTONE

pytestmark = [pytest.mark.long, pytest.mark.alone]
NAMESPACE, SETTING = "capstan-e2e-alerts", "CAPSTAN_WEBHOOKS"
LOOKS = 4  # until a webhook that was dead gets the alert: the wait grows from 15 s


@pytest.fixture(scope="module")
def receiver(ran):
    """A pod of an operator's namespace, and the titles of what it gets."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    kube.kubectl("apply", "--filename=-", input=json.dumps(body))
    try:
        with kube.running(kube.definition("receiver", {"app": "receiver"}, NAMESPACE)) as [pod]:
            child = pod.start(HERE / "in_pod" / "receive.py")
            titles: deque[str] = deque()
            thread = Thread(target=lambda: titles.extend(line.strip() for line in child.stdout), daemon=True)
            thread.start()
            yield pod, titles
            child.terminate()
            child.wait()
            thread.join()
    finally:
        kube.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="module")
def webhook(receiver):
    """The address, as operators set it: in a Secret of the steps' namespace, which `cluster up` leaves there."""
    pod, _ = receiver
    value = base64.b64encode(f"json://{pod.address}:8080/capstan".encode()).decode()
    patch(value)
    done = kube.capstan("cluster", "up")
    assert done.returncode == 0, done.stderr
    assert kube.get("secret", ALERTS, namespace="kubeflow")["data"][SETTING] == value
    yield
    patch("")


def patch(value: str) -> None:
    """Change the setting in the Secret."""
    body = json.dumps({"data": {SETTING: value}})
    kube.kubectl("patch", "secret", ALERTS, "--namespace=kubeflow", "--type=merge", f"--patch={body}")


@pytest.fixture(scope="module")
def shifted(endpoint, tmp_path_factory) -> None:
    """Ten days of a shift, of which no alert is open: what is open alerts no more."""
    shift.live(endpoint, tmp_path_factory.mktemp("labels"))
    cleared = f"UPDATE capstan_alerts SET cleared_at = opened_at WHERE capstone = '{CAPSTONE}' AND cleared_at IS NULL"
    if tables("capstan_alerts"):
        psql(cleared)


def tables(name: str) -> bool:
    return psql(f"SELECT to_regclass('{name}')") != ""


def psql(statement: str) -> str:
    command = ["psql", "--username=postgres", "--dbname=feast", "--tuples-only", "--no-align", "--command", statement]
    return kube.kubectl("exec", "postgres-0", "--namespace=capstan", "--", *command).strip()


def test_alert_reaches_the_webhook_when_its_namespace_has_the_label(receiver, webhook, shifted):
    """Before that the network policy refuses it, and the alert waits for the next monitoring run."""
    _, titles = receiver
    assert shift.look()["alarms"] >= 3
    assert not titles
    kube.kubectl("label", "namespace", NAMESPACE, "capstan/receives-alerts=true")
    for _ in range(LOOKS):
        time.sleep(15)
        shift.look()
        if titles:
            break
    assert any(title.startswith(f"{CAPSTONE}: ") for title in list(titles)), titles
