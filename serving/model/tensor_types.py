"""The tensors of a JSON schema: which datatype and shape each field of a `Request` or `Prediction` has in V2."""

from collections.abc import Mapping
from typing import Any, NamedTuple

DATATYPES = {"boolean": "BOOL", "integer": "INT64", "number": "FP64", "string": "BYTES"}


class TensorType(NamedTuple):
    """`dims` follow the rows; -1 is any. With `json` each row is a BYTES element that holds JSON."""

    name: str
    datatype: str
    dims: tuple[int, ...] = ()
    json: bool = False
    nullable: bool = False

    def metadata(self) -> dict[str, Any]:
        """Return what the protocol's metadata says of it."""
        return {"name": self.name, "datatype": self.datatype, "shape": [-1, *self.dims]}


def input_types(schema: Mapping[str, Any]) -> dict[str, TensorType]:
    """Return the tensors of a request, by field. Text may be of any rank."""
    return {name: _input(name, field, schema) for name, field in schema.get("properties", {}).items()}


def output_types(schema: Mapping[str, Any]) -> dict[str, TensorType]:
    """Return the tensors of a prediction, by field. Text in lists is JSON, and a number that may be null is FP64."""
    return {name: _output(name, field, schema) for name, field in schema.get("properties", {}).items()}


def _input(name: str, field: Mapping[str, Any], schema: Mapping[str, Any]) -> TensorType:
    kind, dims, nullable = _resolve(field, schema)
    if kind is None:
        return TensorType(name, "BYTES", json=True, nullable=nullable)
    return TensorType(name, DATATYPES[kind], dims, nullable=nullable)


def _output(name: str, field: Mapping[str, Any], schema: Mapping[str, Any]) -> TensorType:
    kind, dims, nullable = _resolve(field, schema)
    if kind is None or (kind == "string" and dims) or (kind == "boolean" and nullable) or (dims and nullable):
        return TensorType(name, "BYTES", json=True, nullable=nullable)
    datatype = "FP64" if kind == "integer" and nullable else DATATYPES[kind]
    return TensorType(name, datatype, dims, nullable=nullable)


def _resolve(field: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str | None, tuple[int, ...], bool]:
    """Return the JSON type of a field's elements (None: it is no tensor), its dims, and whether it may be null."""
    if "$ref" in field:
        return _resolve(schema.get("$defs", {}).get(field["$ref"].rpartition("/")[2], {}), schema)
    if choices := field.get("anyOf") or field.get("oneOf") or field.get("allOf"):
        some = [choice for choice in choices if choice.get("type") != "null"]
        kind, dims, nullable = _resolve(some[0], schema) if len(some) == 1 else (None, (), False)
        return kind, dims, nullable or len(some) < len(choices)
    kind = field.get("type")
    if kind == "array" and "items" in field and "prefixItems" not in field:
        inner, dims, nullable = _resolve(field["items"], schema)
        if inner is None or nullable:
            return None, (), False
        low, high = field.get("minItems"), field.get("maxItems")
        return inner, (low if low is not None and low == high else -1, *dims), False
    if kind is None and (values := field.get("enum") or [field[key] for key in ("const",) if key in field]):
        kind = {bool: "boolean", int: "integer", float: "number", str: "string"}.get(type(values[0]))
    return (kind if kind in DATATYPES else None), (), False
