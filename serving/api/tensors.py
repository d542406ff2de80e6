"""V2 over REST: a body to an inference request, with or without the binary tensor extension.

KServe's own decoder takes the JSON in front of binary tensors unchecked, and drops bytes that belong to no tensor.
"""

from kserve import InferInput, InferRequest
from kserve.errors import InvalidInput
from kserve.protocol.infer_type import RequestedOutput
from kserve.protocol.rest.v2_datamodels import InferenceRequest, RequestInput
from pydantic import ConfigDict, ValidationError

from serving.api.body import read_json
from serving.model.codec_v2 import check_datatype

EXPECTED = 'Expected {"inputs": [{"name": ..., "shape": [n], "datatype": ..., "data": [...]}, ...]}.'
SIZE_HEADER = "inference-header-content-length"


class _Input(RequestInput):
    """A tensor; without `data`, its elements are bytes after the JSON."""

    model_config = ConfigDict(strict=True)
    data: list | None = None


class _Request(InferenceRequest):
    model_config = ConfigDict(strict=True)
    inputs: list[_Input]


def read(body: bytes, json_size: str | None, model: str) -> InferRequest:
    """Read a request; `json_size` is the header that says where the JSON ends and the bytes begin, or None."""
    size = len(body) if json_size is None else _size(json_size, body)
    try:
        request = _Request.model_validate(read_json(body[:size]))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:80] for part in problem["loc"]) or "the body"
        raise InvalidInput(f"{where}: {problem['msg']}. {EXPECTED}") from None
    inputs, rest = [], memoryview(body)[size:]
    for tensor in request.inputs:
        check_datatype(tensor.name, tensor.datatype)
        inputs.append(InferInput(tensor.name, tensor.shape, tensor.datatype, tensor.data, tensor.parameters))
        if tensor.data is None:
            length = _length(tensor, len(rest))
            inputs[-1]._raw_data, rest = bytes(rest[:length]), rest[length:]
        elif "binary_data_size" in (tensor.parameters or {}):
            raise InvalidInput(f"Tensor {tensor.name[:80]!r} has both `data` and the parameter `binary_data_size`.")
        elif tensor.datatype == "FP16":
            raise InvalidInput(f"FP16 data via JSON is not supported; send tensor {tensor.name[:80]!r} as FP32.")
    if rest:
        raise InvalidInput(f"{len(rest)} bytes are left after the last tensor. {SIZE_HEADER} is {size}.")
    outputs = [RequestedOutput(output.name, output.parameters) for output in request.outputs or ()]
    return InferRequest(model, inputs, request.id, parameters=request.parameters, request_outputs=outputs)


def _size(text: str, body: bytes) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) > len(body):
        raise InvalidInput(f"{SIZE_HEADER} is {text[:80]!r}; the body has {len(body)} bytes.")
    return int(text)


def _length(tensor: _Input, left: int) -> int:
    length = (tensor.parameters or {}).get("binary_data_size")
    if length is None:
        raise InvalidInput(f"Tensor {tensor.name[:80]!r} has neither `data` nor the parameter `binary_data_size`.")
    if type(length) is not int or not 0 <= length <= left:
        raise InvalidInput(f"binary_data_size of tensor {tensor.name[:80]!r} is {length!r}; {left} bytes are left.")
    return length
