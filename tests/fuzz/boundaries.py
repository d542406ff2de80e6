"""Requests at and beyond the boundaries of types: one value of a good request is replaced by another."""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

NUMBERS = [0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 5e-324, 1e308, -1e308]
NUMBERS += [math.nan, math.inf, -math.inf]
TIMES = [
    f"{time}{zone}"
    for time in ("0001-01-01T00:00:00", "1677-09-21T00:00:00", "1900-01-01T00:00:00", "2199-12-31T23:30:00")
    for zone in ("Z", "+14:00")
]
TIMES += ["2262-04-12T00:00:00Z", "2500-01-01T00:00:00Z", "9999-12-31T23:30:00Z", "9999-12-31T23:30:00-12:00"]
DATES = ["0001-01-01", "1677-09-21", "2262-04-12", "2500-06-01", "9999-12-31"]
TEXTS = ["", " ", "\x00", "\ud800", "é" * 10_000, "1e400", "null"]
VALUES: list[Any] = [None, True, *NUMBERS, *TIMES, *DATES, *TEXTS, [], {}, [[]], [None], {"a": {"b": []}}]


def beyond(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield requests that differ from a good one in one field, or in one item of a list."""
    for field, value in good.items():
        for replacement in VALUES:
            yield good | {field: replacement}
            if isinstance(value, list):
                yield good | {field: [replacement, *value[1:]]}
                yield good | {field: [*value[:-1], replacement]}
        if isinstance(value, list):
            yield good | {field: value * 50}
        yield {key: kept for key, kept in good.items() if key != field}
    yield good | {"unheard_of": 1}


def body(value: Any) -> bytes:
    """Return JSON as a careless client sends it, with NaN, Infinity and lone surrogates."""
    return json.dumps(value).encode()


KINDS = ["BOOL", "INT8", "INT64", "UINT64", "FP16", "FP64", "BYTES", "DECIMAL"]
SHAPES = [[], [0], [-1], [2], [2**63], [1, 1, 1]]
CONTENTS: dict[str, list[Any]] = {
    "bool_contents": [True],
    "int64_contents": [-1, 2**63 - 1, -(2**63)],
    "uint64_contents": [2**64 - 1],
    "fp64_contents": [math.nan, math.inf, 1e308, 5e-324, -1.0],
    "bytes_contents": [b"\xff", *(text.encode(errors="ignore") for text in [*TEXTS, *TIMES, *DATES, "[[]]", "{}"])],
}


def beyond_tensors(good: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the tensors of V2 requests that differ from good ones in the data, the type or the shape of one."""
    for place, tensor in enumerate(good):
        others = [tensor | {"data": [value, *tensor["data"][1:]]} for value in VALUES]
        others += [tensor | {"datatype": kind} for kind in KINDS] + [tensor | {"shape": shape} for shape in SHAPES]
        for changed in [*others, tensor | {"data": []}, tensor | {"name": "unheard_of"}]:
            yield [*good[:place], changed, *good[place + 1 :]]


def beyond_grpc(name: str, good: list[dict[str, Any]]) -> Iterator[pb.ModelInferRequest]:
    """Yield gRPC requests that differ from a good one in one tensor: in its contents, typed as stated or not."""
    for place in range(len(good)):
        for field, values in CONTENTS.items():
            for value in values:
                request = grpc_request(name, good)
                request.inputs[place].ClearField("contents")
                getattr(request.inputs[place].contents, field).extend([value] * math.prod(good[place]["shape"]))
                yield request
        for raw in (b"", b"\xff" * 7, b"\xff\xff\xff\xff1"):
            request = pb.ModelInferRequest(model_name=name)
            request.inputs.add(**{key: good[place][key] for key in ("name", "datatype", "shape")})
            request.raw_input_contents.append(raw)
            yield request


def grpc_request(name: str, tensors: list[dict[str, Any]]) -> pb.ModelInferRequest:
    """Return V2 tensors as a gRPC request."""
    fields = {"FP64": "fp64_contents", "INT64": "int64_contents", "BYTES": "bytes_contents", "BOOL": "bool_contents"}
    request = pb.ModelInferRequest(model_name=name)
    for tensor in tensors:
        entry = request.inputs.add(**{key: tensor[key] for key in ("name", "datatype", "shape")})
        texts = tensor["datatype"] == "BYTES"
        data = [item.encode() for item in tensor["data"]] if texts else tensor["data"]
        getattr(entry.contents, fields[tensor["datatype"]]).extend(data)
    return request


def tensors(inputs: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row of a V1 request as tensors. inputs: those of the model's metadata."""
    encoded = []
    for tensor in inputs:
        if row.get(tensor["name"]) is not None:
            data = np.array([row[tensor["name"]]])
            encoded.append(
                {
                    "name": tensor["name"],
                    "datatype": tensor["datatype"],
                    "shape": list(data.shape),
                    "data": data.reshape(-1).tolist(),
                }
            )
    return encoded
