"""KServe's V2 protocol (Open Inference Protocol), REST and gRPC: one tensor of shape [n] or [n, 1] a field.

Optional fields: leave the tensor out, or give an empty string (in JSON also null) for the rows without a value.
Text and timestamps (ISO 8601 with an offset) are BYTES. Lists in the answer are BYTES that hold JSON arrays.
"""

import math
import types
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Union, get_args, get_origin
from uuid import uuid4

import orjson
from kserve import InferInput, InferOutput, InferRequest, InferResponse
from kserve.errors import InvalidInput
from kserve.protocol.infer_type import RequestedOutput, to_http_parameters

from serving.model.inference import Inference
from serving.model.rows import RowDecoder

INTEGERS = [f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)]
KINDS = {"BYTES": str, "BOOL": bool, "FP16": float, "FP32": float, "FP64": float} | dict.fromkeys(INTEGERS, int)
OUTPUT_TYPES = [{"name": "probability", "datatype": "FP64", "shape": [-1]}] + [
    {"name": name, "datatype": "BYTES", "shape": [-1]}
    for name in ("prediction_id", "missing_features", "expired_features", "future_features")
]


def decode(request: InferRequest, rows: RowDecoder) -> tuple[list[dict], bool]:
    """Return the rows and whether to return their features."""
    return_features = _flag(request.parameters, "return_features")
    tensors: dict[str, list] = {}
    for tensor in request.inputs:
        if tensor.name in tensors:
            raise InvalidInput(f"Tensor {tensor.name!r} is given twice.")
        tensors[tensor.name] = _elements(tensor)
    lengths = {name: len(elements) for name, elements in tensors.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"All tensors need the same number of rows; got {lengths}.")
    result = []
    for row in range(next(iter(lengths.values()), 0)):
        values = {name: elements[row] for name, elements in tensors.items()}
        result.append({k: v for k, v in values.items() if not (k in rows.optional and v in (None, ""))})
    return result, return_features


def check_datatype(name: str, datatype: str) -> None:
    """Raises InvalidInput for a datatype that the protocol does not know."""
    if datatype not in KINDS:
        known = ", ".join(KINDS)
        raise InvalidInput(f"Tensor {name[:80]!r} has the unknown datatype {datatype[:80]!r}; expected one of {known}.")


def encode(name: str, inference: Inference) -> InferResponse:
    """Return the answer. Its parameters name the variant."""
    request = inference.infer_request
    texts = {
        "prediction_id": inference.prediction_ids,
        "missing_features": [_json(report.missing) for report in inference.reports],
        "expired_features": [_json(report.expired) for report in inference.reports],
        "future_features": [_json(report.future) for report in inference.reports],
    }
    n = len(inference.requests)
    if any(report.defaults for report in inference.reports):
        texts["defaults"] = [_json(report.defaults) for report in inference.reports]
    if inference.return_features:
        texts["features"] = [_json({k: v[row] for k, v in inference.columns.items()}) for row in range(n)]
    outputs = {"probability": InferOutput("probability", [n], "FP64", inference.scores.tolist())}
    outputs |= {name: InferOutput(name, [n], "BYTES", values) for name, values in texts.items()}
    chosen, binary = _requested(request, list(outputs))
    return InferResponse(
        request.id or str(uuid4()),
        name,
        [outputs[output.name] for output in chosen],
        model_version=inference.variant.version,
        parameters={"variant": inference.variant.alias},
        use_binary_outputs=binary,
        requested_outputs=chosen,
    )


def _requested(request: InferRequest, names: list[str]) -> tuple[list[RequestedOutput], bool]:
    """Return the outputs a request wants, all if it names none, each with its form, and whether all are binary.

    gRPC answers in the form of the request: raw contents to raw contents.
    """
    binary = request.use_binary_outputs if request.from_grpc else _flag(request.parameters, "binary_data_output")
    chosen = request.request_outputs or [RequestedOutput(name) for name in names]
    for output in chosen:
        if output.name not in names:
            raise InvalidInput(f"There is no output {output.name[:80]!r}; there are {', '.join(names)}.")
        if [other.name for other in chosen].count(output.name) > 1:
            raise InvalidInput(f"Output {output.name!r} is asked for twice.")
        output.parameters = {"binary_data": _flag(output.parameters, "binary_data", binary)}
    return chosen, binary


def _flag(parameters: Mapping | None, name: str, default: bool = False) -> bool:
    value = to_http_parameters(parameters or {}).get(name, default)
    if not isinstance(value, bool):
        raise InvalidInput(f"The parameter `{name}` is neither true nor false.")
    return value


def input_types(rows: RowDecoder) -> list[dict]:
    """Return the metadata of the input tensors."""
    return [{"name": k, "datatype": _datatype(f.annotation), "shape": [-1]} for k, f in rows.fields.items()]


def example_of(rows: RowDecoder, row: dict) -> list[dict]:
    """Return one row as the tensors of a JSON request."""
    kinds = {tensor["name"]: tensor["datatype"] for tensor in input_types(rows)}
    return [{"name": k, "shape": [1], "datatype": kinds[k], "data": [value]} for k, value in row.items()]


def _datatype(annotation: object) -> str:
    while get_origin(annotation) in (Union, types.UnionType, Annotated):
        annotation = next(kind for kind in get_args(annotation) if kind is not type(None))
    return {bool: "BOOL", int: "INT64", float: "FP64"}.get(annotation, "BYTES")


def _elements(tensor: InferInput) -> list:
    """Return a tensor's n elements as Python values."""
    label, kind = f"Tensor {tensor.name[:80]!r}", KINDS[tensor.datatype]
    shape = list(tensor.shape)
    if len(shape) not in (1, 2) or shape[1:] not in ([], [1]) or shape[0] < 0:
        raise InvalidInput(f"{label} has the shape {shape}; expected [rows] or [rows, 1].")
    elements = tensor.data if tensor.data else _raw_elements(tensor, label)
    if len(shape) == 2:
        elements = [e[0] if isinstance(e, list) and len(e) == 1 else e for e in elements]
    if len(elements) != shape[0]:
        raise InvalidInput(f"{label} has {len(elements)} elements, but the shape {shape}.")
    return [_element(value, kind, label, tensor.datatype) for value in elements]


def _raw_elements(tensor: InferInput, label: str) -> list:
    # What came in `raw_input_contents`: as_numpy checks the bytes against datatype and shape, each with its own errors.
    try:
        return tensor.as_numpy().reshape(-1).tolist()
    except Exception as error:
        raise InvalidInput(f"{label} cannot be read as {tensor.datatype} of shape {tensor.shape}: {error}") from None


def _element(value: object, kind: type, label: str, datatype: str) -> object:
    if value is None:
        return None
    if isinstance(value, bytes) and kind is str:
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise InvalidInput(f"{label} holds bytes that are no UTF-8 text.") from None
    fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not fits or (isinstance(value, bool) and kind is not bool):
        raise InvalidInput(f"{label} is {datatype}, but holds a {type(value).__name__}.")
    if kind is float and not math.isfinite(value):
        raise InvalidInput(f"{label} holds {value}; expected finite numbers. Leave the tensor out if it has no value.")
    return value


def _json(value: object) -> str:
    return orjson.dumps(value, default=_iso, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _iso(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
