"""What the keys of each role may do, tried from its pods; new keys for all of them under load."""

import httpx
import pytest

from tests.e2e import kube
from tests.e2e.conftest import HERE
from tests.e2e.endpoint import CAPSTONE, FLIGHT, PODS, PROBABILITY
from tests.e2e.load import load

pytestmark = [pytest.mark.rotating, pytest.mark.alone, pytest.mark.long]

ENDPOINT = {
    *("list the bucket", "write to predictions", "read the registry", "read features", "read labels", "add labels"),
    *("read the history", "read online features"),
}
TRAINING = {"list the bucket", "write to jobs", "delete from jobs"}
SECRETS = ("capstan-secrets", "endpoint-secrets", "training-secrets", "services", "endpoint-tokens")
KEPT = {  # of the stores themselves: docs/operations.md changes them by hand
    *("POSTGRES_PASSWORD", "MLFLOW_DB_PASSWORD", "FEAST_DB_PASSWORD", "REDIS_PASSWORD", "MLFLOW_BACKEND_STORE_URI"),
    *("CAPSTAN_FEAST_REGISTRY", "CAPSTAN_ONLINE_STORE"),
}


def held() -> dict[str, dict[str, str]]:
    return {name: kube.get("secret", name)["data"] for name in SECRETS}


def may() -> set[str]:
    """Return what the endpoint's pod may do with the keys that it has."""
    [pod] = kube.wait_until(lambda: [pod for pod in kube.pods(PODS) if kube.ready(pod)], 120, "a pod of the endpoint")
    return set(kube.Pod(pod["metadata"]["name"], "capstan").run(HERE / "in_pod" / "keys.py"))


def test_endpoint_reads_and_adds_to_its_log(ran):
    assert may() == ENDPOINT


def test_training_reaches_files_of_its_job_alone(ran):
    """A pod with the labels and the settings of one of Ray's."""
    body = kube.definition("e2e-training", {"ray.io/cluster": "e2e"}, "capstan", capstone=CAPSTONE)
    template = kube.get("podtemplate", "ray-worker")["template"]["spec"]["containers"][0]
    body["spec"]["containers"][0] |= {"envFrom": template["envFrom"], "env": template["env"]}
    with kube.running(body) as [pod]:
        assert set(pod.run(HERE / "in_pod" / "keys.py")) == TRAINING


def test_no_pod_has_the_root_keys(ran):
    """Not by a Secret that it names, and not by one that holds the same."""
    root = kube.get("secret", "mlpipeline-minio-artifact", namespace="kubeflow")["data"].values()
    assert not [name for name, data in held().items() if set(root) & set(data.values())]
    for pod in kube.get("pods")["items"]:
        assert "mlpipeline-minio-artifact" not in str(pod["spec"]), pod["metadata"]["name"]


@pytest.fixture(scope="module")
def rotated(ran, client):
    """The Secrets before and after a rotation, and what the endpoint's clients received meanwhile."""
    before = held()
    with load(client) as seen:
        done = kube.answer("cluster", "rotate", timeout=900)
    assert [step["step"] for step in done["steps"]][-1] == "old keys"
    return before, held(), seen


def test_no_request_fails_while_keys_change(rotated):
    _before, _after, seen = rotated
    assert not seen.failures, seen.failures
    assert len(seen.ids) > 100


def test_every_key_of_a_role_is_another(rotated):
    before, after, _seen = rotated
    for name, values in before.items():
        same = {key for key, value in values.items() if after[name][key] == value}
        assert same <= (KEPT if name in ("capstan-secrets", "services") else set()), name


def test_rotated_keys_do_the_same_and_serve(rotated):
    assert may() == ENDPOINT
    given = [f"--entity={name}={value}" for name, value in FLIGHT.items()]
    [answer] = kube.answer("predict", CAPSTONE, *given)["predictions"]
    assert round(answer["probability"], 3) == PROBABILITY


def test_old_token_is_refused_once_the_list_has_come(rotated, services):
    with kube.forward(f"svc/{CAPSTONE.replace('_', '-')}-predictor", 80) as port:
        url, body = f"http://127.0.0.1:{port}/v1/models/{CAPSTONE}:predict", {"instances": [FLIGHT]}
        kube.wait_until(  # `services` has the token from before
            lambda: httpx.post(url, json=body, headers=services.bearer).status_code == 401, 150, "the end of the token"
        )
