"""What can be said of a `Request` before there is a model: what is costly in it, and what would fail a run later."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from capstan.contract.capstone import Capstone
from capstan.contract.model import Model

if TYPE_CHECKING:
    from pydantic import BaseModel


def unbounded(schema: Mapping[str, Any]) -> list[str]:
    """Return the fields of a JSON schema that are, or hold, a list or an object of any length, as dotted paths."""
    definitions = schema.get("$defs", {})

    def walk(part: Any, path: str, seen: tuple[str, ...]) -> Iterator[str]:
        if not isinstance(part, Mapping):
            return
        if reference := part.get("$ref"):
            if reference not in seen:
                yield from walk(definitions.get(reference.rpartition("/")[2]), path, (*seen, reference))
            return
        if "items" in part and "maxItems" not in part:
            yield path
        if isinstance(part.get("additionalProperties"), Mapping) and "maxProperties" not in part:
            yield path
        for name, inner in part.get("properties", {}).items():
            yield from walk(inner, f"{path}.{name}" if path else name, seen)
        for key in ("items", "additionalProperties"):
            yield from walk(part.get(key), path, seen)
        for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            for inner in part.get(key, ()):
                yield from walk(inner, path, seen)

    return sorted({*walk(schema, "", ())})


def problems(capstone: Capstone) -> list[str]:
    """Return what would fail a run after its training: examples that Request refuses, inputs unlike its fields."""
    if "endpoint" not in capstone.capabilities:
        return []
    schema = capstone.Request.model_json_schema()
    fields = schema.get("properties", {})
    stated = {name: field["examples"][0] for name, field in fields.items() if field.get("examples")}
    refused = refusal(capstone.Request, stated, partial=True)
    wrong = [f"the examples of Request's fields are no request: {refused}"] if refused else []
    inputs = _inputs(capstone.name)
    if "features" not in capstone.capabilities and (lacking := [name for name in inputs if name not in fields]):
        wrong.append(f"the model's inputs {', '.join(lacking)} are no fields of Request")
    for name, kind in inputs.items():
        base, levels = kind.removesuffix("[]" * kind.count("[]")), kind.count("[]")
        if base == "long" and name in fields and _may_lack(fields[name], levels, schema.get("$defs", {})):
            wrong.append(
                f"{name} may be None in Request, but the model declares it {kind!r}, and MLflow knows no missing "
                f"integer: declare it {kind.replace('long', 'double')!r}, or do not allow None"
            )
    return wrong


def refusal(request: "type[BaseModel]", row: Mapping[str, Any], partial: bool = False) -> str:
    """Return why a request refuses a row, or "". partial: fields that the row lacks are no reason."""
    from pydantic import ValidationError

    try:
        request.model_validate_json(json.dumps(row, default=str))
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            if not (partial and problem["type"] == "missing" and len(problem["loc"]) == 1):
                field = ".".join(map(str, problem["loc"]))
                return f"{f'{field}: ' if field else ''}{problem['msg']} (got {problem['input']!r})"
    return ""


def _inputs(name: str) -> Mapping[str, str]:
    """Return the inputs of a capstone's model, where its one class states them; others are known after training."""
    classes, own = [Model], f"pipelines.{name}."
    with suppress(ImportError):  # there is none, or it needs a library that is not installed
        import_module(f"{own}model")
    for each in classes:
        classes += each.__subclasses__()
    stated = [vars(each)["inputs"] for each in classes if each.__module__.startswith(own) and "inputs" in vars(each)]
    return stated[0] if len(stated) == 1 and isinstance(stated[0], Mapping) else {}


def _may_lack(part: Mapping[str, Any], levels: int, definitions: Mapping[str, Any]) -> bool:
    """Return whether a value of a JSON schema may be null; with levels, an item of its lists of lists."""
    if reference := part.get("$ref"):
        part = definitions[reference.rpartition("/")[2]]
    if not levels and (part.get("type") == "null" or part.get("default", ...) is None):
        return True
    if levels and "items" in part and _may_lack(part["items"], levels - 1, definitions):
        return True
    return any(_may_lack(inner, levels, definitions) for key in ("anyOf", "oneOf") for inner in part.get(key, ()))
