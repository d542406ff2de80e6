"""Columns of Arrow as JSON has them: views, dictionaries and wide types become plain ones, instants microseconds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

INDEX = re.compile(r"|__index_level_\d+__")  # how pandas writes the index of a frame


def is_index(name: str) -> bool:
    """Return whether a column is the index of a frame, which no client asks about."""
    return bool(INDEX.fullmatch(name))


def twice(names: Sequence[str]) -> str:
    """Return the names that are there more than once, for a message; "" where none is."""
    return ", ".join(ascii(name) for name, count in Counter(names).items() if name and count > 1)


def plain_type(given: pa.DataType) -> pa.DataType:
    """Return the plain type for a type of Arrow. Raises TypeError where there is none."""
    types = pa.types
    if isinstance(given, pa.BaseExtensionType):
        return plain_type(given.storage_type)
    if types.is_dictionary(given):
        return plain_type(given.value_type)
    if types.is_string(given) or types.is_large_string(given) or types.is_string_view(given):
        return pa.string()
    if types.is_binary(given) or types.is_large_binary(given) or types.is_binary_view(given):
        return pa.binary()
    if types.is_fixed_size_binary(given) and not types.is_decimal(given):
        return pa.binary()
    if types.is_timestamp(given):
        return pa.timestamp("us", given.tz)
    if types.is_date(given):
        return pa.date32()
    if types.is_float16(given):
        return pa.float32()
    if types.is_list(given) or types.is_large_list(given) or types.is_fixed_size_list(given):
        return pa.list_(plain_type(given.value_type))
    if types.is_struct(given):
        return pa.struct([pa.field(field.name, plain_type(field.type)) for field in given])
    if types.is_primitive(given) and not (types.is_duration(given) or types.is_interval(given)):
        return given
    if types.is_decimal(given) or types.is_null(given):
        return given
    raise TypeError(f"{given} has no counterpart in JSON")


def plain_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of its plain type. Raises TypeError where there is none."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    return column.cast(plain_type(column.type), safe=False)  # nanoseconds are cut off


def changes(type_: pa.DataType, kinds: set[str]) -> bool:
    """Return whether values of a plain type become others for a field. kinds: its types in the JSON schema."""
    return pa.types.is_decimal(type_) or (pa.types.is_floating(type_) and kinds == {"integer"})


def as_field(value: Decimal | float | None, kinds: set[str]) -> str | int | float | None:
    """Return a decimal as the field has it, and a float without fraction as an integer for a field of integers."""
    if value is None or (isinstance(value, float) and not value.is_integer()):
        return value
    if "string" in kinds:
        return str(value)
    return int(value) if kinds == {"integer"} and value == int(value) else float(value)


def holds(type_: pa.DataType, asks: Callable[[pa.DataType], bool]) -> bool:
    """Return whether a type, or one that it is made of, is what `asks` asks for."""
    return asks(type_) or any(holds(type_.field(index).type, asks) for index in range(type_.num_fields))


def values_of(column: pa.ChunkedArray) -> tuple[list[Any], dict[int, str]]:
    """Return the values of a plain column, and the positions of texts that are no UTF-8, with the reason."""
    try:
        return column.to_pylist(), {}
    except UnicodeDecodeError:
        pass
    values, problems = list[Any](), dict[int, str]()
    for position, raw in enumerate(column.cast(pa.binary()).to_pylist()):
        try:
            values.append(None if raw is None else raw.decode())
        except UnicodeDecodeError as error:
            values.append(repr(raw))
            problems[position] = f"it is no UTF-8: {error.reason} at byte {error.start}"
    return values, problems


def not_finite(column: pa.ChunkedArray, values: Sequence[Any]) -> dict[int, str]:
    """Return the positions of values of a column that are, or hold, NaN or an infinity, with the reason."""
    if pa.types.is_floating(column.type):
        wrong = pc.indices_nonzero(pc.invert(pc.is_finite(column)).combine_chunks()).to_pylist() if len(column) else []
        return {position: f"{values[position]} is no finite number" for position in wrong}
    if not holds(column.type, pa.types.is_floating):
        return {}
    found = ((position, _not_finite(value)) for position, value in enumerate(values))
    return {position: f"it holds {part}, which is no finite number" for position, part in found if part is not None}


def _not_finite(value: Any) -> float | None:
    """Return the first number of a value that JSON cannot have, or None."""
    if isinstance(value, float):
        return None if math.isfinite(value) else value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(_not_finite, parts) if found is not None), None)
