"""Canary, promotion and rollback of a second version, on two replicas under load, from inside the cluster."""

from collections import Counter
from contextlib import ExitStack

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PODS, SERVICE, replicas, scale
from tests.e2e.load import load

pytestmark = pytest.mark.rotating

KEYS = [f"key-{number}" for number in range(120)]


@pytest.fixture(scope="module")
def two(ran, second, services):
    """Two replicas, no more."""
    scale(2, 2)
    yield replicas(2)
    scale(1)
    if services.rollout()["challenger"]:  # a test has failed
        kube.answer("rollback", CAPSTONE)


def variants(pods: list[str], token: str) -> dict[str, list[str]]:
    """Ask each pod by itself with the same keys; return the version that answered each of them, by pod."""
    versions = {}
    with ExitStack() as stack:
        ports = {pod: stack.enter_context(kube.forward(f"pod/{pod}", 8080)) for pod in pods}
        for pod, port in ports.items():
            headers = {"authorization": f"Bearer {token}"}
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
                path, body = f"/v1/models/{CAPSTONE}:predict", {"instances": [FLIGHT]}
                replies = [client.post(path, json=body, headers={"x-capstan-key": key}) for key in KEYS]
                versions[pod] = [
                    reply.raise_for_status().json()["predictions"][0]["model_version"] for reply in replies
                ]
    return versions


def test_second_version_is_another_and_a_canary(ran, second):
    assert second["version"] != ran["version"] and second["scores"] != ran["scores"]
    assert (second["state"]["champion"], second["state"]["challenger"]) == (ran["version"], second["version"])
    assert second["state"]["traffic"] == {"mode": "canary", "percent": 10.0}


def test_each_replica_has_the_state_after_each_command_and_no_request_fails(ran, second, two, client, endpoint):
    """No pause between the command's end and the question: it returns when all replicas have the new state."""
    first, new = ran["version"], second["version"]
    with load(client) as seen:
        kube.answer("canary", CAPSTONE, "--percent", "30", "--version", new, "--force")
        canary = variants(two, endpoint.token)
        kube.answer("promote", CAPSTONE)
        promoted = variants(two, endpoint.token)
        kube.answer("rollback", CAPSTONE)
        restored = variants(two, endpoint.token)
    assert canary[two[0]] == canary[two[1]]
    assert 0.15 < Counter(canary[two[0]])[new] / len(KEYS) < 0.45
    assert set(promoted[two[0]] + promoted[two[1]]) == {new}
    assert set(restored[two[0]] + restored[two[1]]) == {first}
    assert not seen.failures
    assert seen.versions[first] > 20 and seen.versions[new] > 20


def test_replica_that_starts_later_has_the_state_too(ran, second, two, endpoint):
    kube.answer("canary", CAPSTONE, "--percent", "30", "--version", second["version"], "--force")
    kube.kubectl("delete", "pod", two[0], "--namespace=capstan", "--wait=false")
    kube.wait_until(lambda: two[0] not in [pod["metadata"]["name"] for pod in kube.pods(PODS)])
    now = replicas(2)
    versions = variants(now, endpoint.token)
    assert versions[now[0]] == versions[now[1]] and set(versions[now[0]]) == {ran["version"], second["version"]}
    kube.answer("rollback", CAPSTONE)
    versions = variants(now, endpoint.token)
    assert set(versions[now[0]] + versions[now[1]]) == {ran["version"]}


def test_replica_that_a_command_did_not_reach_finds_the_state(ran, second, two, services, endpoint):
    """A pod that was not ready when a command looked for replicas: it looks into the registry by itself."""
    from capstan.rollout.state import RolloutState

    url = f"{services.url('mlflow')}/api/2.0/mlflow/registered-models/set-tag"
    before = services.rollout()

    def write(**roles: str) -> None:
        body = {"name": CAPSTONE, "key": "rollout", "value": RolloutState(**roles).to_json()}
        httpx.post(url, json=body, headers=services.bearer).raise_for_status()

    def all_answer(version: str) -> bool:
        versions = variants(replicas(2), endpoint.token)
        return {name for names in versions.values() for name in names} == {version}

    try:
        write(champion=second["version"], previous=before["champion"])
        kube.wait_until(lambda: all_answer(second["version"]), 30, "the new champion on each replica")
    finally:
        write(champion=before["champion"], previous=before["previous"])
        kube.wait_until(lambda: all_answer(before["champion"]), 30, "the old champion on each replica")


def test_endpoint_is_described_as_kserve_describes_it(endpoint):
    conditions = {item["type"]: item["status"] for item in kube.get("isvc", SERVICE)["status"]["conditions"]}
    assert conditions["Ready"] == "True" and conditions["PredictorReady"] == "True"
