"""The Secrets of the cluster profile: random, made once, and kept when `capstan cluster up` runs again."""

import secrets
from base64 import b64decode
from hashlib import sha256
from typing import Any

from capstan.cluster.kubectl import PART_OF, apply, find, kubectl
from capstan.cluster.names import KFP_NAMESPACE, NAMESPACE, SECRETS
from capstan.errors import CapstanError

PASSWORDS = ("POSTGRES_PASSWORD", "MLFLOW_DB_PASSWORD", "FEAST_DB_PASSWORD", "REDIS_PASSWORD")
S3_SECRET = "mlpipeline-minio-artifact"  # Kubeflow Pipelines': the object store's keys


def prepare() -> None:
    """Make the namespace and every Secret. What a Secret holds already stays. Raises CapstanError."""
    if not find("namespace", NAMESPACE):
        kubectl("create", "namespace", NAMESPACE)
        kubectl("label", "namespace", NAMESPACE, f"{PART_OF}=capstan")
    services = read("services")
    own = {name: services.get(name) or secrets.token_hex(24) for name in PASSWORDS}
    own["MLFLOW_BACKEND_STORE_URI"] = _database("mlflow", own["MLFLOW_DB_PASSWORD"])
    services = own | services
    shared = {
        "CAPSTAN_TOKEN": secrets.token_urlsafe(32),
        "CAPSTAN_LABELS_TOKEN": secrets.token_urlsafe(32),
        "CAPSTAN_FEAST_REGISTRY": _database("feast", services["FEAST_DB_PASSWORD"]),
        "CAPSTAN_ONLINE_STORE": f"redis.{NAMESPACE}:6379,password={services['REDIS_PASSWORD']}",
    } | read(SECRETS)
    if "CAPSTAN_S3_ACCESS_KEY" not in shared:
        shared |= _s3_keys()
    tokens = {"tokens": _with_tokens(read("endpoint-tokens").get("tokens", ""), shared)}
    apply(
        _secret("services", NAMESPACE, services),
        _secret(SECRETS, NAMESPACE, shared),
        _secret(SECRETS, KFP_NAMESPACE, shared),
        _secret("endpoint-tokens", NAMESPACE, tokens),
    )


def read(name: str, namespace: str = NAMESPACE) -> dict[str, str]:
    """Return what a Secret holds; nothing when there is none. Raises CapstanError when the cluster does not answer."""
    secret = find("secret", name, namespace) or {}
    return {key: b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}


def _with_tokens(known: str, shared: dict[str, str]) -> str:
    """Return the endpoints' file of tokens, with the platform's own; those of other clients stay.

    The platform's are `capstan`, for everything but labels, and `capstan-labels`.
    """
    own = {"capstan": shared["CAPSTAN_TOKEN"], "capstan-labels": shared["CAPSTAN_LABELS_TOKEN"]}
    hashes = {name: sha256(token.encode()).hexdigest() for name, token in own.items()}
    others = [line for line in known.splitlines() if line.partition(" ")[0] not in own]
    lines = [f"capstan {hashes['capstan']}", f"capstan-labels {hashes['capstan-labels']} labels", *others]
    return "\n".join(lines) + "\n"


def _database(name: str, password: str) -> str:
    return f"postgresql+psycopg://{name}:{password}@postgres.{NAMESPACE}:5432/{name}"


def _s3_keys() -> dict[str, str]:
    keys = read(S3_SECRET, KFP_NAMESPACE)
    if not {"accesskey", "secretkey"} <= keys.keys():
        raise CapstanError(
            f"The Secret {S3_SECRET} of namespace {KFP_NAMESPACE} is missing or has no accesskey and secretkey. "
            f"Kubeflow Pipelines makes it; with S3 elsewhere, make the Secret {SECRETS} of namespace {NAMESPACE}, with "
            "CAPSTAN_S3_ACCESS_KEY and CAPSTAN_S3_SECRET_KEY."
        )
    return {"CAPSTAN_S3_ACCESS_KEY": keys["accesskey"], "CAPSTAN_S3_SECRET_KEY": keys["secretkey"]}


def _secret(name: str, namespace: str, values: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
