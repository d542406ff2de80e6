"""Signed versions, set up as docs/operations.md says: steps sign, endpoints refuse what is not signed."""

import base64
import json
import subprocess
import time

import pytest

from capstan.versions.version_seal import SIGNATURE
from cluster.step_secrets import SIGNING
from tests.e2e import kube
from tests.e2e.endpoint import PODS, PROBABILITY, SERVICE, predicted

pytestmark = [pytest.mark.long, pytest.mark.alone]
VERIFYING = "CAPSTAN_VERIFYING_KEY"


def set_key(name: str, namespace: str, key: str, value: str) -> None:
    body = json.dumps({"data": {key: base64.b64encode(value.encode()).decode()}})
    kube.kubectl("patch", "secret", name, f"--namespace={namespace}", "--type=merge", f"--patch={body}")


def up() -> None:
    done = kube.capstan("cluster", "up")
    assert done.returncode == 0, done.stderr


def restart() -> set[str]:
    """Let KServe replace the endpoint's pods; return the names of those from before."""
    before = {pod["metadata"]["name"] for pod in kube.pods(PODS)}
    restarted = f"capstan/keys={time.time_ns()}"
    kube.kubectl("annotate", "inferenceservice", SERVICE, restarted, "--overwrite", "--namespace=capstan")
    return before


def served_by_others(before: set[str]) -> None:
    """Wait until pods that were not there before serve, and no other is left."""

    def replaced() -> bool:
        there = kube.pods(PODS)
        return bool(there) and all(pod["metadata"]["name"] not in before and kube.ready(pod) for pod in there)

    kube.wait_until(replaced, 240, "an endpoint with new pods")


def said(before: set[str]) -> str:
    """Return what new pods said so far."""
    new = [pod["metadata"]["name"] for pod in kube.pods(PODS) if pod["metadata"]["name"] not in before]
    started = [name for name in new if kube.get("pod", name)["status"]["phase"] == "Running"]
    return "".join(kube.kubectl("logs", name, "--namespace=capstan", "--all-containers") for name in started)


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> tuple[str, str]:
    """A private and a public key, made as the documentation says."""
    file = tmp_path_factory.mktemp("keys") / "signing.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", file], check=True, capture_output=True)
    command = ["openssl", "pkey", "-in", file, "-pubout"]
    return file.read_text(), subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def signed(ran, services, keys) -> str:
    """The number of the version that serves, which a run signed. Versions must be signed from here on."""
    private, public = keys
    set_key(SIGNING, "kubeflow", "CAPSTAN_SIGNING_KEY", private)
    try:
        version = services.summary()["version"]
        set_key("capstan-secrets", "capstan", VERIFYING, public)
        up()
        served_by_others(restart())
        yield version
    finally:
        set_key(SIGNING, "kubeflow", "CAPSTAN_SIGNING_KEY", "")
        set_key("capstan-secrets", "capstan", VERIFYING, "")
        up()
        served_by_others(restart())


def test_run_signs_and_the_endpoint_serves(signed, services):
    assert services.version(signed)[SIGNATURE]
    assert VERIFYING in kube.get("secret", "endpoint-secrets")["data"]
    assert predicted() == PROBABILITY


def test_version_without_its_signature_is_refused_and_the_old_pod_serves(signed, services):
    signature = services.version(signed)[SIGNATURE]
    services.change_version(signed, SIGNATURE, None)
    before = restart()
    try:
        kube.wait_until(lambda: "it is not signed" in said(before), 180, "a pod that refuses the version")
        assert predicted() == PROBABILITY
        assert not any(kube.ready(pod) for pod in kube.pods(PODS) if pod["metadata"]["name"] not in before)
    finally:
        services.change_version(signed, SIGNATURE, signature)
    served_by_others(before)
    assert predicted() == PROBABILITY


def test_champion_with_a_signature_of_another_key_is_not_loaded_and_replaced(signed, services, keys):
    """The gate would load the champion, to compare with it. It says why it does not."""
    signature = services.version(signed)[SIGNATURE]
    services.change_version(signed, SIGNATURE, base64.b64encode(bytes(64)).decode())
    try:
        done = services.run_flagship("--seed", "1")
        assert done.returncode == 0, done.stderr
        assert "its signature is by another key" in done.stdout + done.stderr
        assert services.rollout()["champion"] != signed
    finally:
        services.change_version(signed, SIGNATURE, signature)


def test_keys_that_were_taken_away_are_gone_from_every_secret(signed, services):
    """The last test: it takes them away. Without a key unsigned versions serve again."""
    set_key("capstan-secrets", "capstan", VERIFYING, "")
    up()
    held = [kube.get("secret", "endpoint-secrets"), kube.get("secret", "capstan-registry", namespace="kubeflow")]
    assert [body["data"].get(VERIFYING, "") for body in held] == ["", ""]
