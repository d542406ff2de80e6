"""V2 over REST: a body to a request and an answer to a body, with or without the binary tensor extension.

By hand: an object of KServe's and a pydantic model for each tensor cost more than the rest of a request.
"""

import math
import struct
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from kserve.errors import InvalidInput
from orjson import dumps
from starlette.responses import Response

from serving.api.body import read_json
from serving.model.codec_v2 import RequestedOutput, V2Answer, V2Payload
from serving.model.tensors import KINDS, LAYOUTS, RANGES, Tensor, check_datatype, in_range, pack

EXPECTED = 'Expected {"inputs": [{"name": ..., "shape": [n], "datatype": ..., "data": [...]}, ...]}.'
SIZE_HEADER = "inference-header-content-length"
CACHED_BYTES = 2**14
NOTHING: Mapping[str, Any] = {}
JSON_KINDS = {name: kinds for name, kinds in KINDS.items() if name != "FP16"}
PREFIX = 4  # bytes in front of a text, which hold its length
LONGEST = 2**32  # bytes of a text with its prefix; `struct` cannot count to those of any number that a client sends
SIZES = {letter: struct.calcsize(f"<{letter}") for letter in LAYOUTS.values()}


class Header(NamedTuple):
    """What the JSON of a request says."""

    id: str
    inputs: list[Any]
    parameters: Mapping[str, Any]
    outputs: list[RequestedOutput]


def read(body: bytes, json_size: str | None) -> V2Payload:
    """Read a request; `json_size` is the header that says where the JSON ends and the bytes begin, or None.

    Raises InvalidInput.
    """
    if json_size is None:
        size, header = len(body), _parse(body)
        row = _json_row(header.inputs)
    else:
        size = _size(json_size, body)
        # In front of bytes the JSON holds no values, so that requests of one client often share it.
        header, layout = (_parse_with_layout if size <= CACHED_BYTES else _parse_with_layout.__wrapped__)(body[:size])
        row = _binary_row(layout, body, size) if layout else None
    tensors = partial(_tensors, header.inputs, body, size)
    return V2Payload(header.id, tensors if row else tensors(), header.parameters, header.outputs, single=row or None)


def _parse(text: bytes) -> Header:
    payload = read_json(text)
    if not isinstance(payload, dict):
        raise InvalidInput(f"The body is a JSON {type(payload).__name__}, not an object. {EXPECTED}")
    id_ = payload.get("id")
    if id_ is not None and type(id_) is not str:
        raise InvalidInput(f"id: Input should be a valid string. {EXPECTED}")
    inputs = _list(payload, "inputs", required=True)
    return Header(id_ or "", inputs, _parameters(payload, ""), _outputs(payload))


def _json_row(inputs: list[Any]) -> dict[str, Any] | None:
    """Return the values of one row of scalars, which is what most requests are, or None for `_tensors` to read."""
    row = {}
    try:
        for tensor in inputs:
            (value,), (size,), name = tensor["data"], tensor["shape"], tensor["name"]
            if type(value) not in JSON_KINDS[tensor["datatype"]] or size != 1 or type(size) is not int:
                return None
            if len(tensor) != 4 or type(name) is not str:
                return None
            if tensor["datatype"] in RANGES and value is not None and not in_range(value, tensor["datatype"]):
                return None
            row[name] = value
    except (KeyError, TypeError, ValueError):
        return None
    return row if len(row) == len(inputs) else None


class Layout(NamedTuple):
    """The names of tensors that hold one number or text each, and how the bytes of all are read at once."""

    names: list[str]
    values: struct.Struct
    texts: list[tuple[int, int]]  # where a text's own length stands among the values, and what it has to be; last first


@lru_cache(256)
def _parse_with_layout(text: bytes) -> tuple[Header, Layout | None]:
    header, letters = _parse(text), "<"
    names: list[str] = []
    texts: list[tuple[int, int]] = []
    try:
        for tensor in header.inputs:
            parameters, (size,), name = tensor["parameters"], tensor["shape"], tensor["name"]
            datatype, length = tensor["datatype"], parameters["binary_data_size"]
            if size != 1 or type(size) is not int or type(length) is not int:
                return header, None
            if len(tensor) != 4 or type(name) is not str or name in names:
                return header, None
            if datatype == "BYTES" and PREFIX <= length <= LONGEST:
                texts.insert(0, (len(names) + len(texts), length - PREFIX))
                letters += f"I{length - PREFIX}s"
            elif length == SIZES[LAYOUTS[datatype]]:
                letters += LAYOUTS[datatype]
            else:
                return header, None
            names.append(name)
    except (KeyError, TypeError, ValueError):
        return header, None
    return header, Layout(names, struct.Struct(letters), texts)


def _binary_row(layout: Layout, body: bytes, start: int) -> dict[str, Any] | None:
    """Return the values of one row that follow the JSON, or None for `_tensors` to say what is wrong."""
    if layout.values.size != len(body) - start:
        return None
    values = list(layout.values.unpack_from(body, start))
    try:
        for position, length in layout.texts:
            size, text = values[position : position + 2]
            if size != length:
                return None
            values[position : position + 2] = [text.decode()]
    except UnicodeDecodeError:
        return None
    for value in values:
        if value.__class__ is float and not math.isfinite(value):
            return None
    return dict(zip(layout.names, values, strict=True))


def _tensors(inputs: list[Any], body: bytes, size: int) -> list[Tensor]:
    """Return the tensors of a request whose JSON has so many bytes. Raises InvalidInput."""
    view, start, tensors = memoryview(body), size, []
    for position, tensor in enumerate(inputs):
        try:
            name, shape, datatype = tensor["name"], tensor["shape"], tensor["datatype"]
            data, parameters = tensor.get("data"), tensor.get("parameters")
        except (KeyError, TypeError, IndexError, AttributeError):
            raise _wrong_input(position, tensor) from None
        if type(name) is not str or type(shape) is not list or type(datatype) is not str:
            raise _wrong_input(position, tensor)
        for length in shape:
            if type(length) is not int:
                raise _wrong_input(position, tensor)
        if datatype not in KINDS:
            check_datatype(name, datatype)
        if parameters is not None and type(parameters) is not dict:
            raise _wrong_input(position, tensor)
        if data is None:
            stop = start + _length(name, parameters or NOTHING, len(body) - start)
            tensors.append(Tensor(name, datatype, shape, None, view[start:stop]))
            start = stop
        elif type(data) is not list:
            raise _wrong_input(position, tensor)
        elif parameters and "binary_data_size" in parameters:
            raise InvalidInput(f"Tensor {name[:80]!r} has both `data` and the parameter `binary_data_size`.")
        elif datatype == "FP16":
            raise InvalidInput(f"FP16 data via JSON is not supported; send tensor {name[:80]!r} as FP32.")
        else:
            tensors.append(Tensor(name, datatype, shape, data))
    if start < len(body):
        raise InvalidInput(f"{len(body) - start} bytes are left after the last tensor. {SIZE_HEADER} is {size}.")
    return tensors


def write(answer: V2Answer) -> Response:
    """Return an answer as REST has it: JSON, followed by the bytes of the tensors that are wanted as such."""
    outputs, tail = [], []
    for tensor in answer.outputs:
        output: dict[str, Any] = {"name": tensor.name, "shape": tensor.shape, "datatype": tensor.datatype}
        if tensor.name in answer.binary:
            tail.append(pack(tensor))
            output["parameters"] = {"binary_data_size": len(tail[-1])}
        else:
            output["data"] = tensor.data
        outputs.append(output)
    content = dumps(
        {
            "id": answer.id,
            "model_name": answer.model_name,
            "model_version": answer.model_version,
            "parameters": {"variant": answer.variant},
            "outputs": outputs,
        }
    )
    if not tail:
        return Response(content, media_type="application/json")
    headers = {SIZE_HEADER: str(len(content))}
    return Response(b"".join([content, *tail]), headers=headers, media_type="application/octet-stream")


def _list(payload: Mapping[str, Any], name: str, required: bool = False) -> list[Any]:
    value = payload.get(name)
    if value is None and not required:
        return []
    if type(value) is not list:
        problem = "Field required" if name not in payload else "Input should be a valid list"
        raise InvalidInput(f"{name}: {problem}. {EXPECTED}")
    return value


def _parameters(payload: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    parameters = payload.get("parameters")
    if parameters is None:
        return NOTHING
    if type(parameters) is not dict:
        raise InvalidInput(f"{where}parameters: Input should be a valid dictionary. {EXPECTED}")
    return parameters


def _outputs(payload: Mapping[str, Any]) -> list[RequestedOutput]:
    outputs = []
    for position, output in enumerate(_list(payload, "outputs")):
        if type(output) is not dict or type(output.get("name")) is not str:
            raise InvalidInput(f"outputs.{position}.name: Input should be a valid string. {EXPECTED}")
        outputs.append(RequestedOutput(output["name"], _parameters(output, f"outputs.{position}.")))
    return outputs


def _wrong_input(position: int, tensor: object) -> InvalidInput:
    """Return the error of a tensor that is not what EXPECTED says."""
    where = f"inputs.{position}"
    if not isinstance(tensor, dict):
        return InvalidInput(f"{where}: Input should be a valid dictionary. {EXPECTED}")
    for name, kind in (("name", str), ("shape", list), ("datatype", str), ("data", list), ("parameters", dict)):
        if name not in tensor:
            if name in ("name", "shape", "datatype"):
                return InvalidInput(f"{where}.{name}: Field required. {EXPECTED}")
        elif type(tensor[name]) is not kind and not (tensor[name] is None and name in ("data", "parameters")):
            words = {str: "string", list: "list", dict: "dictionary"}[kind]
            return InvalidInput(f"{where}.{name}: Input should be a valid {words}. {EXPECTED}")
    index = next(i for i, size in enumerate(tensor["shape"]) if type(size) is not int)
    return InvalidInput(f"{where}.shape.{index}: Input should be a valid integer. {EXPECTED}")


def _size(text: str, body: bytes) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) > len(body):
        raise InvalidInput(f"{SIZE_HEADER} is {text[:80]!r}; the body has {len(body)} bytes.")
    return int(text)


def _length(name: str, parameters: Mapping[str, Any], left: int) -> int:
    length = parameters.get("binary_data_size")
    if length is None:
        raise InvalidInput(f"Tensor {name[:80]!r} has neither `data` nor the parameter `binary_data_size`.")
    if type(length) is not int or not 0 <= length <= left:
        raise InvalidInput(f"binary_data_size of tensor {name[:80]!r} is {length!r}; {left} bytes are left.")
    return length
