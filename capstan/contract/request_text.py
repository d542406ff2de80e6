"""Fields of a request that come as text: on a command line, or in CSV."""

import json
from typing import Any


def value(text: str, schema: dict[str, Any]) -> Any:
    """Return a field's value: text if the schema allows it, else JSON. What is no JSON stays as it is."""
    if any(kind.get("type") == "string" for kind in [schema, *schema.get("anyOf", [])]):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # the validator says what is expected
