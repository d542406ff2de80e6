"""Whether two versions take the same requests.

What a variant refuses is not logged. Where the variants of a canary refuse different requests, a client that sends them
would choose what each is judged by, and clients would be refused by chance.
"""

from typing import Any

TEXTS = ("title", "description", "examples")
NAMED = ("properties", "$defs")  # what is in there are names of fields and types, `title` among them


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON schemas of requests differ in nothing but what describes them."""
    return bool(_rules(one) == _rules(other))


def _rules(schema: Any, names: bool = False) -> Any:
    if isinstance(schema, list):
        return [_rules(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _rules(part, key in NAMED and not names) for key, part in schema.items() if names or key not in TEXTS}
