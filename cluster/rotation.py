"""`capstan cluster rotate`: new keys for every role, without a failed request.

Each store knows two keys of a role for a while: first the new ones are made, then their users restart one after
another, and at last the old ones end. Interrupted, it is run again: the keys in the Secrets are valid at any time.
"""

import json
import secrets as random
import time
from collections.abc import Iterator
from functools import partial

from sqlalchemy import make_url

from capstan.errors import CapstanError
from capstan.services.waiting import wait_while
from cluster import artifact_keys, iam, roles, secrets
from cluster.access import local_addresses
from cluster.inference_service import is_ready
from cluster.kubectl import apply, context, kubectl
from cluster.leftovers import is_ours
from cluster.names import ENDPOINT_SECRETS, NAMESPACE, PIPELINES_API, SECRETS, SERVICES, TRAINING_SECRETS
from cluster.run_records import RunRecords, is_under_way
from cluster.up import Step

ENDPOINTS = "inferenceservices.serving.kserve.io"
ROTATED = "capstan/keys"  # the annotation of an endpoint whose pods started with the newest keys
SECONDS = 600
PROPAGATION_SECONDS = 120  # until each pod that mounts a Secret has its new files: the kubelet's period and its cache


def steps() -> Iterator[Step]:
    """Yield what is to be done, in order. Each step's work raises CapstanError when the user must do something."""
    yield Step("check", _check)
    rotation = Rotation()
    yield Step("new keys", rotation.make)
    yield Step("MLflow", partial(_restart, "mlflow"))  # which takes both read tokens then
    yield Step("endpoints", rotation.roll_endpoints)
    yield Step("platform", rotation.give_platform)
    yield Step("clients", partial(time.sleep, PROPAGATION_SECONDS))
    yield Step("old keys", rotation.end_old)


def _check() -> str:
    current = context()
    with local_addresses(api=PIPELINES_API) as addresses, RunRecords(addresses["api"]) as records:
        if any(is_under_way(run) and is_ours(run) for run in records.all()):
            raise CapstanError("A run goes on, and has read its keys. Rotate when it has ended, or stop it first.")
    return current


class Rotation:
    """The Secrets before, and what they become."""

    def __init__(self) -> None:
        self.services, self.platform = secrets.read(SERVICES), secrets.read(SECRETS)
        self.endpoint, self.training = secrets.read(ENDPOINT_SECRETS), secrets.read(TRAINING_SECRETS)
        self.tokens = secrets.read("endpoint-tokens").get("tokens", "")
        self.read_token, self.number = random.token_hex(24), str(int(time.time()))
        self.token = {name: random.token_urlsafe(32) for name in ("CAPSTAN_TOKEN", "CAPSTAN_LABELS_TOKEN")}

    def make(self) -> None:
        """Make the new keys in each store, and give them to the endpoints and the training jobs."""
        before = self.endpoint["CAPSTAN_TOKEN"]
        self.services |= {
            "CAPSTAN_READ_TOKEN": f"{self.read_token}|{before}",
            "ENDPOINT_REDIS_PASSWORD": random.token_hex(24),
        }
        slot = 1 if str(make_url(self.endpoint["CAPSTAN_FEAST_REGISTRY"]).username).endswith("2") else 2
        self.user = f"{roles.GROUP}_{3 - slot}"
        self.endpoint |= secrets.endpoint_settings(self.platform, self.services, slot)
        self.endpoint["CAPSTAN_TOKEN"] = self.read_token
        self.s3 = self._new_s3()
        tokens = secrets.with_tokens(self.tokens, self.platform | self.token, before=self.platform)
        apply(
            secrets.secret(SERVICES, NAMESPACE, self.services),
            secrets.secret("endpoint-tokens", NAMESPACE, {"tokens": tokens}),
            secrets.secret(ENDPOINT_SECRETS, NAMESPACE, self.endpoint | self.s3.get(ENDPOINT_SECRETS, {})),
            secrets.secret(TRAINING_SECRETS, NAMESPACE, self.training | self.s3.get(TRAINING_SECRETS, {})),
        )
        secrets.open_stores()
        artifact_keys.renew()

    def _new_s3(self) -> dict[str, dict[str, str]]:
        """Return a new key for each Secret whose key is one of its user's in the object store."""
        held = {SECRETS: self.platform, ENDPOINT_SECRETS: self.endpoint, TRAINING_SECRETS: self.training}
        new = {}
        with iam.connect(secrets.root_keys()) as api:
            for name, user in secrets.S3_USERS.items():
                if api and api.has(user, access := held[name][secrets.S3_ACCESS_KEY]):
                    api.keep_only(user, access)  # of an interrupted rotation
                    new[name] = secrets.s3_settings(api.new_keys(user))
        return new

    def roll_endpoints(self) -> str:
        """Replace the pods of every endpoint, one after another, and wait for the new ones."""
        names = kubectl("--namespace", NAMESPACE, "get", ENDPOINTS, "--output=name").split()
        patch = json.dumps({"metadata": {"annotations": {ROTATED: self.number}}})
        for name in names:  # KServe hands the annotation on to the pods
            kubectl("--namespace", NAMESPACE, "patch", name, "--type=merge", "--patch", patch)
        if waiting := wait_while(self._old_pods, SECONDS):
            raise CapstanError(f"These pods have the keys from before: {', '.join(waiting)}. Both are valid still.")
        return f"{len(names)} endpoints"

    def _old_pods(self) -> list[str]:
        """Return the pods of endpoints that did not start with the new keys, or are not ready yet."""
        selector = "--selector=serving.kserve.io/inferenceservice"
        pods = json.loads(kubectl("--namespace", NAMESPACE, "get", "pods", selector, "--output=json"))["items"]
        services = kubectl("--namespace", NAMESPACE, "get", ENDPOINTS, "--output=name").split()
        current = [
            pod for pod in pods if pod["metadata"].get("annotations", {}).get(ROTATED) == self.number and is_ready(pod)
        ]
        old = [pod["metadata"]["name"] for pod in pods if pod not in current]
        served = {pod["metadata"]["labels"]["serving.kserve.io/inferenceservice"] for pod in current}
        return old + [name for each in services if (name := each.rpartition("/")[2]) not in served]

    def give_platform(self) -> None:
        """Give steps, MLflow, Evidently and the command the new keys."""
        self.platform |= self.token | self.s3.get(SECRETS, {})
        self.services["CAPSTAN_READ_TOKEN"] = self.read_token
        apply(
            secrets.secret(SERVICES, NAMESPACE, self.services),
            secrets.secret(SECRETS, NAMESPACE, self.platform),
            *secrets.of_steps(self.platform),
        )
        _restart("mlflow", "evidently")

    def end_old(self) -> None:
        """End the old keys in each store. The endpoints refuse the old token when Kubernetes brings them the list."""
        tokens = secrets.with_tokens(self.tokens, self.platform)
        apply(secrets.secret("endpoint-tokens", NAMESPACE, {"tokens": tokens}))
        roles.refuse_in_database(self.user)
        roles.allow_in_redis(self.services["ENDPOINT_REDIS_PASSWORD"], only=True)
        artifact_keys.end_old()
        with iam.connect(secrets.root_keys()) as api:
            if api:
                for name, keys in self.s3.items():
                    api.keep_only(secrets.S3_USERS[name], keys[secrets.S3_ACCESS_KEY])


def _restart(*names: str) -> None:
    for name in names:
        kubectl("--namespace", NAMESPACE, "rollout", "restart", f"deployment/{name}")
    for name in names:
        kubectl("--namespace", NAMESPACE, "rollout", "status", f"deployment/{name}", f"--timeout={SECONDS}s")
