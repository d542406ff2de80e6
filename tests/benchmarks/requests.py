"""What the servers are asked, in the protocol of each: one flight per request."""

import json
import struct
from typing import Any

import pandas as pd

from models.trees.booster import CalibratedBooster, encode
from pipelines.flight_delay import task
from pipelines.flight_delay.columns import CATEGORIES, INPUTS

NUMBERS = [name for name in INPUTS if name not in CATEGORIES]
Row = dict[str, Any]


def rows_of(flights: pd.DataFrame) -> list[Row]:
    """Return the inputs of the model, a dict a flight; None is a missing one."""
    inputs = flights[INPUTS].astype(object)
    return inputs.where(inputs.notna(), None).to_dict("records")


def v1(rows: list[Row], names: list[str] = INPUTS) -> list[Row]:
    """Return V1 requests, and those of BentoML, LitServe and bare FastAPI."""
    return [{"instances": [{name: row[name] for name in names}]} for row in rows]


def v1_of_flights(flights: pd.DataFrame) -> list[Row]:
    """Return V1 requests for the flagship, which looks up its features."""
    return [{"instances": [flight]} for flight in task.requests(flights)]


def v2(rows: list[Row]) -> list[Row]:
    """Return V2 requests as JSON, a tensor an input. A missing number is null."""
    return [{"inputs": [_tensor(name, row[name]) for name in INPUTS]} for row in rows]


def v2_matrix(rows: list[Row], model: CalibratedBooster) -> list[Row]:
    """Return V2 requests as JSON, all inputs in one tensor, categories as their codes."""
    names = list(model.inputs)
    columns = {name: [row[name] for row in rows] for name in names}
    matrix = encode(columns, names, model.categories).tolist()
    data = [[None if value != value else value for value in row] for row in matrix]
    return [
        {"inputs": [{"name": "rows", "shape": [1, len(names)], "datatype": "FP64", "data": row, **_numpy()}]}
        for row in data
    ]


def v2_binary(rows: list[Row]) -> list[tuple[int, bytes]]:
    """Return V2 requests as (bytes of JSON, body): a tensor an input, raw. A missing number is left out."""
    return [_binary(row) for row in rows]


def _numpy() -> Row:
    return {"parameters": {"content_type": "np"}}


def _tensor(name: str, value: Any) -> Row:
    return {"name": name, "shape": [1], "datatype": _datatype(name), "data": [value]}


def _datatype(name: str) -> str:
    return "BYTES" if name in CATEGORIES else "FP64"


def _binary(row: Row) -> tuple[int, bytes]:
    raw = {name: _raw(value) for name, value in row.items() if value is not None}
    tensors = [
        {
            "name": name,
            "shape": [1],
            "datatype": _datatype(name),
            "parameters": {"binary_data_size": len(data)},
        }
        for name, data in raw.items()
    ]
    head = json.dumps({"inputs": tensors, "parameters": {"binary_data_output": True}}).encode()
    return len(head), head + b"".join(raw.values())


def _raw(value: float | str) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", len(value.encode())) + value.encode()
    return struct.pack("<d", value)
