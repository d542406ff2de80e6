"""V2 over REST: a body to a request and an answer to a body, with or without the binary tensor extension.

By hand: an object of KServe's and a pydantic model for each tensor cost more than the rest of a request.
"""

from collections.abc import Mapping
from typing import Any

from kserve.errors import InvalidInput
from orjson import dumps
from starlette.responses import Response

from serving.api.body import read_json
from serving.model.codec_v2 import RequestedOutput, V2Answer, V2Payload
from serving.model.tensors import KINDS, Tensor, check_datatype, pack

EXPECTED = 'Expected {"inputs": [{"name": ..., "shape": [n], "datatype": ..., "data": [...]}, ...]}.'
SIZE_HEADER = "inference-header-content-length"
NOTHING: Mapping[str, Any] = {}


def read(body: bytes, json_size: str | None) -> V2Payload:
    """Read a request; `json_size` is the header that says where the JSON ends and the bytes begin, or None.

    Raises InvalidInput.
    """
    size = len(body) if json_size is None else _size(json_size, body)
    payload = read_json(body if size == len(body) else body[:size])
    if not isinstance(payload, dict):
        raise InvalidInput(f"The body is a JSON {type(payload).__name__}, not an object. {EXPECTED}")
    inputs = _list(payload, "inputs", required=True)
    rest, tensors = memoryview(body)[size:], []
    for position, tensor in enumerate(inputs):
        try:
            name, shape, datatype, data = tensor["name"], tensor["shape"], tensor["datatype"], tensor.get("data")
        except (KeyError, TypeError, IndexError, AttributeError):
            raise _wrong_input(position, tensor) from None
        # A shape is short, so that looking at each of its numbers costs less than a call would.
        if type(name) is not str or type(shape) is not list or not all(type(size) is int for size in shape):
            raise _wrong_input(position, tensor)
        if type(datatype) is not str or datatype not in KINDS:
            if type(datatype) is not str:
                raise _wrong_input(position, tensor)
            check_datatype(name, datatype)
        parameters = tensor.get("parameters")
        if parameters is not None and type(parameters) is not dict:
            raise _wrong_input(position, tensor)
        if data is None:
            length = _length(name, parameters or NOTHING, len(rest))
            tensors.append(Tensor(name, datatype, shape, None, rest[:length]))
            rest = rest[length:]
        elif type(data) is not list:
            raise _wrong_input(position, tensor)
        elif parameters and "binary_data_size" in parameters:
            raise InvalidInput(f"Tensor {name[:80]!r} has both `data` and the parameter `binary_data_size`.")
        elif datatype == "FP16":
            raise InvalidInput(f"FP16 data via JSON is not supported; send tensor {name[:80]!r} as FP32.")
        else:
            tensors.append(Tensor(name, datatype, shape, data))
    if rest:
        raise InvalidInput(f"{len(rest)} bytes are left after the last tensor. {SIZE_HEADER} is {size}.")
    id_ = payload.get("id")
    if id_ is not None and type(id_) is not str:
        raise InvalidInput(f"id: Input should be a valid string. {EXPECTED}")
    return V2Payload(id_ or "", tensors, _parameters(payload, ""), _outputs(payload))


def write(answer: V2Answer) -> Response:
    """Return an answer as REST has it: JSON, followed by the bytes of the tensors that are wanted as such."""
    outputs, tail = [], []
    for tensor in answer.outputs:
        output = {"name": tensor.name, "shape": tensor.shape, "datatype": tensor.datatype}
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
    found = payload.get(name)
    if found is None and not required:
        return []
    if type(found) is not list:
        problem = "Field required" if name not in payload else "Input should be a valid list"
        raise InvalidInput(f"{name}: {problem}. {EXPECTED}")
    return found


def _parameters(payload: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    found = payload.get("parameters")
    if found is None:
        return NOTHING
    if type(found) is not dict:
        raise InvalidInput(f"{where}parameters: Input should be a valid dictionary. {EXPECTED}")
    return found


def _outputs(payload: Mapping[str, Any]) -> list[RequestedOutput]:
    found = []
    for position, output in enumerate(_list(payload, "outputs")):
        if type(output) is not dict or type(output.get("name")) is not str:
            raise InvalidInput(f"outputs.{position}.name: Input should be a valid string. {EXPECTED}")
        found.append(RequestedOutput(output["name"], _parameters(output, f"outputs.{position}.")))
    return found


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
