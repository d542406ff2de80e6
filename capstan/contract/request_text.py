"""Fields of a request that come as text: on a command line, or in CSV."""

import re
from typing import Any

import orjson

WHOLE = re.compile(r"[+-]?\d+\.0*")  # an integer, as frames with missing values write it


def value(text: str, schema: dict[str, Any]) -> Any:
    """Return a field's value: text if the schema allows it, else JSON. What is no JSON stays as it is."""
    return value_of(text, kinds_of(schema))


def value_of(text: str, kinds: set[str]) -> Any:
    """Return the value of a field of some types, as `kinds_of` returns them."""
    if "string" in kinds:
        return text
    if "boolean" in kinds and text.lower() in ("true", "false"):  # as Python and Excel write them
        return text.lower() == "true"
    if "integer" in kinds and "number" not in kinds and WHOLE.fullmatch(text):
        text = text[: text.index(".")]
    try:
        return orjson.loads(text)  # as the endpoint reads numbers: a large one as a float, none that is not finite
    except orjson.JSONDecodeError:
        return text  # the validator says what is expected


def kinds_of(schema: dict[str, Any]) -> set[str]:
    """Return the types of a field by its JSON schema, without null."""
    return {kind.get("type", "") for kind in [schema, *schema.get("anyOf", [])]} - {"", "null"}
