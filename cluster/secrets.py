"""The Secrets of the cluster profile: random, made once, and kept when `capstan cluster up` runs again."""

import secrets
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sqlalchemy import make_url

from capstan.errors import CapstanError
from capstan.settings import settings
from cluster import iam, roles, step_secrets
from cluster.iam import Iam, Keys
from cluster.kubectl import PART_OF, apply, find, kubectl
from cluster.names import ENDPOINT_SECRETS, KFP_NAMESPACE, NAMESPACE, SECRETS, SERVICES, TRAINING_SECRETS

PASSWORDS = (
    *("POSTGRES_PASSWORD", "MLFLOW_DB_PASSWORD", "FEAST_DB_PASSWORD", "REDIS_PASSWORD", "ENDPOINT_REDIS_PASSWORD"),
    "CAPSTAN_READ_TOKEN",  # of the endpoints: MLflow's gate lets them read
)
S3_SECRET = "mlpipeline-minio-artifact"  # Kubeflow Pipelines': the object store's root keys
S3_USERS = {SECRETS: roles.PLATFORM, ENDPOINT_SECRETS: roles.ENDPOINT, TRAINING_SECRETS: roles.TRAINING}
S3_ACCESS_KEY, S3_SECRET_KEY = "CAPSTAN_S3_ACCESS_KEY", "CAPSTAN_S3_SECRET_KEY"
VERIFYING_KEY = "CAPSTAN_VERIFYING_KEY"
SEE = 'see docs/operations.md, "Keys of each role".'
NO_IAM = f"Every role has the root keys of the object store, for it has no IAM API: {SEE}"
SHARED = f"{{}} have the platform's keys of the object store: {SEE}"


def prepare() -> str:
    """Make the namespace and every Secret; return a warning, or "". What a Secret holds already stays.

    Raises CapstanError.
    """
    if not find("namespace", NAMESPACE):
        kubectl("create", "namespace", NAMESPACE)
        kubectl("label", "namespace", NAMESPACE, f"{PART_OF}=capstan")
    services = read(SERVICES)
    own = {name: services.get(name) or secrets.token_hex(24) for name in PASSWORDS}
    own["MLFLOW_BACKEND_STORE_URI"] = _database("mlflow", own["MLFLOW_DB_PASSWORD"])
    services = own | services
    platform = {
        "CAPSTAN_TOKEN": secrets.token_urlsafe(32),
        "CAPSTAN_LABELS_TOKEN": secrets.token_urlsafe(32),
        "CAPSTAN_FEAST_REGISTRY": _database("feast", services["FEAST_DB_PASSWORD"]),
        "CAPSTAN_ONLINE_STORE": online_store(services["REDIS_PASSWORD"]),
    } | read(SECRETS)
    known = {SECRETS: platform, ENDPOINT_SECRETS: read(ENDPOINT_SECRETS), TRAINING_SECRETS: read(TRAINING_SECRETS)}
    s3, warning = _s3_keys(known)
    platform |= s3[SECRETS]
    endpoint = endpoint_settings(platform, services) | known[ENDPOINT_SECRETS] | s3[ENDPOINT_SECRETS]
    endpoint[VERIFYING_KEY] = platform.get(VERIFYING_KEY, "")  # a key that was taken away is gone here too
    tokens = {"tokens": with_tokens(read("endpoint-tokens").get("tokens", ""), platform)}
    apply(
        secret(SERVICES, NAMESPACE, services),
        secret(SECRETS, NAMESPACE, platform),
        *of_steps(platform, read(SECRETS, KFP_NAMESPACE)),
        secret(ENDPOINT_SECRETS, NAMESPACE, endpoint),
        secret(TRAINING_SECRETS, NAMESPACE, known[TRAINING_SECRETS] | s3[TRAINING_SECRETS]),
        secret("endpoint-tokens", NAMESPACE, tokens),
    )
    # Of earlier versions: every step had all of it.
    kubectl("--namespace", KFP_NAMESPACE, "delete", "secret", SECRETS, "--ignore-not-found")
    return warning


def of_steps(platform: dict[str, str], before: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the Secrets of the steps. before: what steps had of an earlier version."""
    held = dict(before or {})
    for name in (step_secrets.SIGNING, step_secrets.ALERTS):
        held |= {key: value for key, value in read(name, KFP_NAMESPACE).items() if value}
    contents = step_secrets.contents(platform, held)
    return [secret(name, KFP_NAMESPACE, values) for name, values in contents.items()]


def discard() -> None:
    """Delete the roles' users of the object store, and so their keys."""
    with iam.connect(root_keys()) as api:
        if api:
            for user in S3_USERS.values():
                api.delete(user)


def open_stores() -> None:
    """Let the endpoints into PostgreSQL and Redis with what their Secret says. Both must be ready."""
    endpoint, services = read(ENDPOINT_SECRETS), read(SERVICES)
    url = make_url(endpoint["CAPSTAN_FEAST_REGISTRY"])
    if is_ours(endpoint["CAPSTAN_FEAST_REGISTRY"]):
        roles.allow_in_database(str(url.username), str(url.password))
    roles.allow_in_redis(services["ENDPOINT_REDIS_PASSWORD"])


def endpoint_settings(platform: dict[str, str], services: dict[str, str], slot: int = 1) -> dict[str, str]:
    """Return what endpoints are given instead of the platform's. slot: 1 or 2, of two users of PostgreSQL.

    A store that is not ours has the users that its operator made: they go into the Secret by hand.
    """
    registry, online = platform["CAPSTAN_FEAST_REGISTRY"], platform["CAPSTAN_ONLINE_STORE"]
    if is_ours(registry):
        registry = _database("feast", secrets.token_hex(24), f"{roles.GROUP}_{slot}")
    if is_ours(online):
        online = online_store(services["ENDPOINT_REDIS_PASSWORD"], roles.REDIS_USER)
    return {
        "CAPSTAN_TOKEN": services["CAPSTAN_READ_TOKEN"],
        "CAPSTAN_FEAST_REGISTRY": registry,
        "CAPSTAN_ONLINE_STORE": online,
    }


def is_ours(address: str) -> bool:
    """Return whether an address is that of a store in our namespace."""
    return f".{NAMESPACE}:" in address


def read(name: str, namespace: str = NAMESPACE) -> dict[str, str]:
    """Return what a Secret holds; nothing when there is none. Raises CapstanError when the cluster does not answer."""
    secret = find("secret", name, namespace) or {}
    return {key: b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}


def with_tokens(known: str, platform: dict[str, str], before: dict[str, str] | None = None) -> str:
    """Return the endpoints' file of tokens, with the platform's; those of other clients stay.

    The platform's are `capstan`, for everything but labels, and `capstan-labels`. before: the settings whose tokens are
    valid as well, while clients change over.
    """
    purposes = {"capstan": ("CAPSTAN_TOKEN", ""), "capstan-labels": ("CAPSTAN_LABELS_TOKEN", " labels")}
    own = {name: (platform[key], purpose) for name, (key, purpose) in purposes.items()}
    own |= {f"{name}-before": (before[key], purpose) for name, (key, purpose) in purposes.items() if before}
    lines = [f"{name} {sha256(token.encode()).hexdigest()}{purpose}" for name, (token, purpose) in own.items()]
    names = {f"{name}{suffix}" for name in purposes for suffix in ("", "-before")}
    others = [line for line in known.splitlines() if line.partition(" ")[0] not in names]
    return "\n".join([*lines, *others]) + "\n"


def _database(name: str, password: str, user: str = "") -> str:
    return f"postgresql+psycopg://{user or name}:{password}@postgres.{NAMESPACE}:5432/{name}"


def online_store(password: str, user: str = "") -> str:
    """Return Feast's connection string of our Redis."""
    return f"redis.{NAMESPACE}:6379,{f'username={user},' if user else ''}password={password}"


def root_keys() -> Keys | None:
    """Return the root keys of Kubeflow Pipelines' object store, or None when it has no such Secret."""
    keys = read(S3_SECRET, KFP_NAMESPACE)
    return Keys(keys["accesskey"], keys["secretkey"]) if {"accesskey", "secretkey"} <= keys.keys() else None


def s3_settings(keys: Keys) -> dict[str, str]:
    """Return the settings that hold keys of the object store."""
    return {S3_ACCESS_KEY: keys.access, S3_SECRET_KEY: keys.secret}


def _s3_keys(known: dict[str, dict[str, str]]) -> tuple[dict[str, dict[str, str]], str]:
    """Return the keys of each Secret that lacks them or has the root keys, and a warning, or ""."""
    root = root_keys()
    access = {name: held.get(S3_ACCESS_KEY, "") for name, held in known.items()}
    lacking = [name for name, key in access.items() if not key or (root and key == root.access)]

    def given(make: Callable[[str], dict[str, str]]) -> dict[str, dict[str, str]]:
        return {name: make(name) if name in lacking else {} for name in known}

    with iam.connect(root) as api:
        if api and (SECRETS in lacking or api.has(roles.PLATFORM, access[SECRETS])):
            rights = roles.statements(settings().bucket)
            for name, user in S3_USERS.items():
                if name in lacking or api.has(user, access[name]):
                    api.allow(user, rights[user])
            return given(lambda name: s3_settings(_made(api, S3_USERS[name]))), ""
    if root and SECRETS in lacking:
        return given(lambda name: s3_settings(root)), NO_IAM
    if not lacking:
        return given(lambda name: {}), ""
    if SECRETS in lacking:
        raise CapstanError(
            f"The Secret {S3_SECRET} of namespace {KFP_NAMESPACE} is missing or has no accesskey and secretkey. "
            f"Kubeflow Pipelines makes it; with S3 elsewhere, make the Secret {SECRETS} of namespace {NAMESPACE}, with "
            "CAPSTAN_S3_ACCESS_KEY and CAPSTAN_S3_SECRET_KEY."
        )
    platform = {name: known[SECRETS][name] for name in (S3_ACCESS_KEY, S3_SECRET_KEY)}  # S3 is elsewhere
    return given(lambda name: platform), SHARED.format(" and ".join(lacking))


def _made(api: Iam, user: str) -> Keys:
    api.keep_only(user, "")  # what no Secret has any more
    return api.new_keys(user)


def secret(name: str, namespace: str, values: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
