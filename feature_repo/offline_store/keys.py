"""Join keys: which types can be compared, and which values are exact."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*")
BITS = {"float": 24, "double": 53, "FLOAT": 24, "DOUBLE": 53, "halffloat": 11}  # of integers that a type holds exactly


def values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of keys; one of categories as their values, so that it is compared like any other."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def check(given: pa.ChunkedArray, stored: str, first_row: int, asked: str, source: str) -> None:
    """Raise ValueError where keys of the entity rows could be compared to others than they are.

    DuckDB converts text and booleans to numbers, and integers to floats, which hold small integers alone.

    Args:
        given: a column of the entity rows.
        stored: the DuckDB type of the source's column.
        first_row: the number of the first row.
        asked, source: what is joined to what, for the message.
    """
    keys = values(given)
    if (kind := _kind(keys.type)) and kind != _stored_kind(stored):
        raise ValueError(f"{asked}, which holds {keys.type}, to {source}, which holds {stored}: give both one type")
    exact = [BITS[type_] for type_ in (str(keys.type), stored) if type_ in BITS]
    if kind != "number" or not exact:
        return
    limit = 2 ** min(exact)
    wrong = pc.greater_equal(pc.abs(keys.cast(pa.float64(), safe=False)), float(limit))
    if pc.any(wrong).as_py():
        row = int(np.flatnonzero(wrong.fill_null(False).to_numpy())[0])
        raise ValueError(
            f"{asked}, whose row {first_row + row} holds {keys[row].as_py()!r}, to {source}: one of them is a float, "
            f"which does not hold each integer from {limit} on. Give both a type of integers, as Int64 in pandas"
        )


def _kind(type_: pa.DataType) -> str | None:
    """Return what a type of Arrow holds, or None where nothing is known of it."""
    known = {
        "text": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
        "boolean": (pa.types.is_boolean,),
        "number": (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal),
        "time": (pa.types.is_timestamp, pa.types.is_date),
    }
    return next((kind for kind, tests in known.items() if any(test(type_) for test in tests)), None)


def _stored_kind(type_: str) -> str:
    """Return what a type of DuckDB holds."""
    if NUMBER.fullmatch(type_):
        return "number"
    if type_.startswith(("TIMESTAMP", "DATE")):
        return "time"
    return {"VARCHAR": "text", "BOOLEAN": "boolean"}.get(type_, type_)
