"""Validates objects with the schemas of a cluster, as the API server would: an unknown field is an error."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.support import manifests
from tests.support.kubernetes_schemas import FILE

BASE = list(manifests.resources(manifests.MANIFESTS / "base"))  # every object that an overlay starts from


@cache
def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = json.loads(FILE.read_text())
    return schemas


@cache
def _partial() -> dict[str, Any]:
    """Return the schemas of patches: nothing is required, and kustomize's own fields are known."""
    return _loosened(_schemas())


def _loosened(value: Any) -> Any:
    if isinstance(value, list):
        return [_loosened(item) for item in value]
    if not isinstance(value, dict):
        return value
    loosened = {key: _loosened(item) for key, item in value.items() if key != "required" or isinstance(item, dict)}
    if loosened.get("additionalProperties") is False:
        loosened["properties"] = {"$patch": {"type": "string"}} | loosened["properties"]
    return loosened


def problems(body: dict[str, Any], patch: bool = False) -> list[str]:
    """Return what is wrong with an object, or with a strategic merge patch of one: a line for each problem."""
    kind = f"{body['apiVersion']} {body['kind']}"
    schemas = _partial() if patch else _schemas()
    if kind not in schemas["$defs"]:
        return [f"{kind} has no schema: add it to tests/support/kubernetes_schemas.py"]
    validator = Draft202012Validator({"$ref": f"#/$defs/{kind.replace('/', '~1').replace(' ', '%20')}"} | schemas)
    name = f"{body['kind']} {body['metadata']['name']}"
    errors = list(validator.iter_errors(body))
    if patch:
        errors = [error for error in errors if error.instance is not None]  # it removes a field
    return [f"{name}: {error.json_path}: {error.message[:200]}" for error in errors]
