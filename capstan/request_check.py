"""What makes a request costly without need: lists and objects that may be as long as a body allows."""

from collections.abc import Iterator, Mapping
from typing import Any


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
