"""The schemas that our manifests are validated with: those of a running cluster, without what validation does not need.

`python -m tests.support.kubernetes_schemas` asks the cluster of kubectl's context and writes them to
tests/unit/manifests/schemas.json. A key of `$defs` is a kind, such as `apps/v1 Deployment`, or a part of several kinds.
"""

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from capstan.settings import ROOT
from cluster.kubectl import kubectl

FILE = ROOT / "tests" / "unit" / "manifests" / "schemas.json"
KINDS = {
    "v1": [
        "ConfigMap", "LimitRange", "Namespace", "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "Secret",
        "Service", "ServiceAccount",
    ],
    "apps/v1": ["Deployment", "StatefulSet"],
    "batch/v1": ["CronJob", "Job"],
    "networking.k8s.io/v1": ["Ingress", "NetworkPolicy"],
    "policy/v1": ["PodDisruptionBudget"],
    "rbac.authorization.k8s.io/v1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    "ray.io/v1": ["RayJob"],
    "serving.kserve.io/v1beta1": ["InferenceService"],
}  # fmt: skip
KEPT = {"$ref", "additionalProperties", "allOf", "anyOf", "enum", "items", "oneOf", "properties", "required", "type"}
UNKNOWN = "x-kubernetes-preserve-unknown-fields"
SHORTEST = 120  # characters of a part that is worth its own name


def of_cluster() -> dict[str, Any]:
    """Return the schemas of the cluster. Raises CapstanError when it does not answer."""
    kinds: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    for version, names in KINDS.items():
        path = f"/openapi/v3/{'api' if version == 'v1' else 'apis'}/{version}"
        schemas = json.loads(kubectl("get", "--raw", path))["components"]["schemas"]
        for schema in schemas.values():
            for of in schema.get("x-kubernetes-group-version-kind", []):
                group_version = f"{of['group']}/{of['version']}" if of["group"] else of["version"]
                if (group_version, of["kind"]) in {(version, name) for name in names}:
                    kinds[f"{version} {of['kind']}"] = _without_status(_reduced(schema))
        parts |= {name: _reduced(schema) for name, schema in schemas.items()}
    parts["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["properties"].pop("managedFields")
    return {"$defs": _shared(kinds | _used(kinds, parts))}


def to_text(schemas: dict[str, Any]) -> str:
    """Return what the file holds: one line for each part, so that a change shows where it is."""
    lines = [f"{json.dumps(name)}: {_text(part)}" for name, part in sorted(schemas["$defs"].items())]
    return '{"$defs": {\n' + ",\n".join(lines) + "\n}}\n"


def _reduced(schema: Any, name: str = "") -> Any:
    """Return a schema without descriptions, in which an object has no fields but those it names."""
    if isinstance(schema, list):
        return [_reduced(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string":
        return {"type": ["integer", "string"]}
    if name == "properties":
        return {key: _reduced(value) for key, value in schema.items()}
    kept = {key: _reduced(value, key) for key, value in schema.items() if key in KEPT}
    if not schema.get(UNKNOWN) and "properties" in kept:
        kept.setdefault("additionalProperties", False)
    if schema.get("nullable") and isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    if len(kept.get("allOf", [])) == 1:  # how a default is put next to a reference
        [kept] = kept["allOf"]
    return kept


def _without_status(schema: dict[str, Any]) -> dict[str, Any]:
    return schema | {"properties": {key: value for key, value in schema["properties"].items() if key != "status"}}


def _used(kinds: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts that kinds refer to, directly or not."""
    used: dict[str, Any] = {}
    waiting = [kinds]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in used:
                used[name] = parts[name]
                waiting.append(parts[name])
    return used


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in _references(item)}
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
    return own | {name for item in value.values() for name in _references(item)}


def _shared(named: dict[str, Any]) -> dict[str, Any]:
    """Give what occurs more than once a name. A definition of a custom resource repeats whole pods."""
    counts: Counter[str] = Counter()
    for part in named.values():
        _count(part, counts)
    shared: dict[str, Any] = {}
    names = {name: name if " " in name else name.rpartition(".")[2] for name in named}
    assert len(set(names.values())) == len(names), "two parts have one name"

    def replaced(value: Any, top: bool = False) -> Any:
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            return {"$ref": f"#/$defs/{names[value['$ref'].rpartition('/')[2]]}"}
        text = _text(value)
        own = {key: replaced(item) for key, item in value.items()}
        if top or counts[text] < 2 or len(text) < SHORTEST or "type" not in value or isinstance(value["type"], dict):
            return own
        name = sha256(text.encode()).hexdigest()[:8]
        shared[name] = own
        return {"$ref": f"#/$defs/{name}"}

    whole = {names[name]: replaced(part, top=True) for name, part in named.items()}
    return whole | shared


def _count(value: Any, counts: Counter[str]) -> None:
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _count(item, counts)
    if isinstance(value, dict):
        counts[_text(value)] += 1


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


if __name__ == "__main__":
    FILE.write_text(to_text(of_cluster()))
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")
