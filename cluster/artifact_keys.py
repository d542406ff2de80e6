"""The keys with which steps move their artifacts: of these alone, and not the root keys of the object store.

Each pod of a step uses the object store twice next to the step's own work. The launcher of Kubeflow Pipelines moves
artifacts with the keys that the ConfigMap `kfp-launcher` names for their folder, and Argo mounts those of its default
artifact repository to keep logs. Both name the root keys until `prepare` has named others. Pipelines that keep their
artifacts elsewhere are as before.

Sources: https://www.kubeflow.org/docs/components/pipelines/operator-guides/configure-object-store/
https://argo-workflows.readthedocs.io/en/latest/configure-artifact-repository/
"""

import json
from typing import Any

import yaml

from capstan.settings import settings
from cluster import iam, roles, secrets
from cluster.iam import Keys
from cluster.kubectl import PART_OF, apply, find, kubectl
from cluster.names import KFP_NAMESPACE, NAMESPACE
from cluster.retention import ARTIFACTS, BUCKET

SECRET = f"{NAMESPACE}-artifacts"
ACCESS, HIDDEN = "accesskey", "secretkey"  # as Kubeflow Pipelines names them
CONFIG, ARGO = "kfp-launcher", "workflow-controller-configmap"
REPOSITORIES = "artifact-repositories"  # of a namespace, where Argo reads it before its own ConfigMap
DEFAULT = "workflows.argoproj.io/default-artifact-repository"
KEPT = f"Steps mount the keys that {{}} names, for it {{}}: {secrets.SEE}"


def prepare() -> str:
    """Make the keys, unless they are there, and name them to the launcher and to Argo. Return a warning, or "".

    A store without an IAM API has its root keys only: then steps get a copy of these, which `secrets.prepare` warns of.
    """
    root = secrets.root_keys()
    if root is None:
        return ""  # an object store elsewhere, whose keys are not Capstan's to make
    with iam.connect(root) as api:
        if api:
            api.allow(roles.LAUNCHER, roles.statements(settings().bucket)[roles.LAUNCHER])
            held = held_keys()
            if held is None or not api.has(roles.LAUNCHER, held.access):
                api.keep_only(roles.LAUNCHER, "")
                _write(api.new_keys(roles.LAUNCHER))
        else:
            _write(root)
    return " ".join(warning for warning in (_name_to_launcher(), _name_to_argo()) if warning)


def renew() -> None:
    """Make other keys, for runs that start from now on. Those before stay valid until `end_old`."""
    with iam.connect(secrets.root_keys()) as api:
        held = held_keys()
        if api and held and api.has(roles.LAUNCHER, held.access):
            api.keep_only(roles.LAUNCHER, held.access)  # of an interrupted rotation
            _write(api.new_keys(roles.LAUNCHER))


def end_old() -> None:
    """End the keys that the Secret no longer holds."""
    with iam.connect(secrets.root_keys()) as api:
        held = held_keys()
        if api and held and api.has(roles.LAUNCHER, held.access):
            api.keep_only(roles.LAUNCHER, held.access)


def withdraw(keep: bool = False) -> None:
    """Let Kubeflow Pipelines use its own keys again. keep: the keys stay valid, for the next `prepare`."""
    launcher = find("configmap", CONFIG, KFP_NAMESPACE)
    if launcher and (providers := _providers(launcher)):
        _write_providers({kind: without(provider) for kind, provider in providers.items()})
    found = find("configmap", REPOSITORIES, KFP_NAMESPACE)
    if found and _is_ours(found) and NAMESPACE in found["data"]:
        kubectl("--namespace", KFP_NAMESPACE, "delete", "configmap", REPOSITORIES)
    if not keep:
        with iam.connect(secrets.root_keys()) as api:
            if api:
                api.delete(roles.LAUNCHER)


def held_keys() -> Keys | None:
    """Return the keys that the Secret holds, or None without it."""
    values = secrets.read(SECRET, KFP_NAMESPACE)
    return Keys(values[ACCESS], values[HIDDEN]) if values else None


def _write(keys: Keys) -> None:
    apply(secrets.secret(SECRET, KFP_NAMESPACE, {ACCESS: keys.access, HIDDEN: keys.secret}))


def _name_to_launcher() -> str:
    launcher = find("configmap", CONFIG, KFP_NAMESPACE)
    providers = _providers(launcher) if launcher else {}
    if "minio" not in providers:
        return KEPT.format(CONFIG, "says nothing about `minio`")
    changed = providers | {"minio": with_keys(providers["minio"])}
    if changed != providers:
        _write_providers(changed)
    return ""


def _providers(launcher: dict[str, Any]) -> dict[str, Any]:
    return yaml.safe_load(launcher.get("data", {}).get("providers", "")) or {}


def _write_providers(providers: dict[str, Any]) -> None:
    patch = json.dumps({"data": {"providers": yaml.safe_dump(providers)}})
    kubectl("--namespace", KFP_NAMESPACE, "patch", "configmap", CONFIG, "--type=merge", "--patch", patch)


def with_keys(provider: dict[str, Any]) -> dict[str, Any]:
    """Return the launcher's settings of a provider with our keys for the folder of artifacts."""
    secret = {"secretName": SECRET, "accessKeyKey": ACCESS, "secretKeyKey": HIDDEN}
    own = {
        "bucketName": BUCKET,
        "keyPrefix": ARTIFACTS,
        "credentials": {"fromEnv": False, "secretRef": secret},
    }
    return provider | {"overrides": [*without(provider).get("overrides", []), own]}


def without(provider: dict[str, Any]) -> dict[str, Any]:
    """Return the launcher's settings of a provider as they were before `with_keys`."""
    others = [
        override
        for override in provider.get("overrides", [])
        if override.get("credentials", {}).get("secretRef", {}).get("secretName") != SECRET
    ]
    kept = {name: value for name, value in provider.items() if name != "overrides"}
    return kept | ({"overrides": others} if others else {})


def _name_to_argo() -> str:
    if there := find("configmap", REPOSITORIES, KFP_NAMESPACE):
        if not _is_ours(there):
            return KEPT.format(REPOSITORIES, "was there before Capstan")
        if there["data"].keys() != {NAMESPACE}:
            return ""  # another team's keys: Argo has one place for the logs of all, and no step sees them
    own = find("configmap", ARGO, KFP_NAMESPACE) or {}
    repository = yaml.safe_load(own.get("data", {}).get("artifactRepository", "")) or {}
    s3 = repository.get("s3", {})
    if s3.get("bucket") != BUCKET or not s3.get("keyFormat", "").startswith("private-artifacts/"):
        return KEPT.format(ARGO, f"keeps logs outside {BUCKET}/private-artifacts")
    keys = {"accessKeySecret": {"name": SECRET, "key": ACCESS}, "secretKeySecret": {"name": SECRET, "key": HIDDEN}}
    metadata = {"name": REPOSITORIES, "namespace": KFP_NAMESPACE, "annotations": {DEFAULT: NAMESPACE}}
    data = {NAMESPACE: yaml.safe_dump(repository | {"s3": s3 | keys})}
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    return ""


def _is_ours(found: dict[str, Any]) -> bool:
    return bool(found["metadata"].get("labels", {}).get(PART_OF) == "capstan")
