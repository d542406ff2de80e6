"""Fields of a JSON schema as columns of Arrow: numbers, texts and truth values as they are, anything else as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

SCALARS = {"number": "float64", "integer": "int64", "boolean": "bool", "string": "string"}


def of(values: Sequence[Any], field: Mapping[str, Any]) -> pa.Array:
    """Return the values of a field; its type depends on the schema alone, so that all pieces have the same."""
    import pyarrow as pa

    kinds = {kind.get("type") for kind in field.get("anyOf", [field])} - {"null"}
    scalar = SCALARS.get(kinds.pop()) if len(kinds) == 1 else None
    if scalar:
        return pa.array(values, scalar)
    return pa.array([None if value is None else orjson.dumps(value).decode() for value in values], "string")


def table(rows: Sequence[Mapping[str, Any]], names: Sequence[str], fields: Mapping[str, Any]) -> pa.Table:
    """Return rows as a table. names: of its columns. fields: the schema of each; a column without one holds texts."""
    import pyarrow as pa

    text = {"type": "string"}
    return pa.table({
        name: of([_given(row.get(name), fields.get(name)) for row in rows], fields.get(name, text)) for name in names
    })  # fmt: skip


def _given(value: Any, field: Mapping[str, Any] | None) -> Any:
    return value if field is not None or value is None or isinstance(value, str) else orjson.dumps(value).decode()
