"""Triton's clients, for their own process: one cannot hold both their protocol buffers and KServe's."""

import asyncio
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from tritonclient.utils import InferenceServerException, triton_to_np_dtype


@dataclass
class Failure:
    """What a client raised."""

    status: str
    message: str


@dataclass
class Answer:
    """What a client read: output -> values, and the rest of the response."""

    outputs: dict[str, list]
    response: dict


def call(protocol: str, url: str, method: str, *args, **options) -> object:
    """Call a method of Triton's `http` or `grpc` client."""
    with import_module(f"tritonclient.{protocol}").InferenceServerClient(url) as client:
        try:
            return getattr(client, method)(*args, **options)
        except InferenceServerException as error:
            return Failure(error.status(), error.message())


def infer(
    protocol: str,
    url: str,
    model: str,
    tensors: list[dict],
    binary: bool = True,
    outputs: list | None = None,
    **options,
) -> Answer | Failure:
    """Ask for a prediction; `binary` is the form of the tensors, `outputs` are pairs of a name and whether binary."""
    module = import_module(f"tritonclient.{protocol}")
    inputs, wanted = _inputs(module, tensors, binary), _outputs(module, outputs)
    with module.InferenceServerClient(url) as client:
        try:
            return _answer(client.infer(model, inputs, outputs=wanted, **options))
        except InferenceServerException as error:
            return Failure(error.status(), error.message())


def infer_in_the_background(url: str, model: str, tensors: list[dict]) -> Answer:
    """The same by the `http` client's `async_infer`."""
    module = import_module("tritonclient.http")
    with module.InferenceServerClient(url) as client:
        return _answer(client.async_infer(model, _inputs(module, tensors, True)).get_result())


def infer_asynchronously(protocol: str, url: str, model: str, tensors: list[dict]) -> Answer:
    """The same by the client for asyncio."""
    module = import_module(f"tritonclient.{protocol}.aio")

    async def ask() -> Answer:
        async with module.InferenceServerClient(url) as client:
            return _answer(await client.infer(model, _inputs(module, tensors, True)))

    return asyncio.run(ask())


def _inputs(module, tensors: list[dict], binary: bool) -> list:
    inputs = []
    for tensor in tensors:
        item = module.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        values = np.array(tensor["data"], dtype=triton_to_np_dtype(tensor["datatype"])).reshape(tensor["shape"])
        item.set_data_from_numpy(values, **({"binary_data": binary} if "http" in module.__name__ else {}))
        inputs.append(item)
    return inputs


def _outputs(module, outputs: list | None) -> list | None:
    if outputs is None:
        return None
    if "http" in module.__name__:
        return [module.InferRequestedOutput(name, binary_data=binary) for name, binary in outputs]
    return [module.InferRequestedOutput(name) for name, _ in outputs]


def _answer(result) -> Answer:
    response = result.get_response()
    if not isinstance(response, dict):
        from google.protobuf.json_format import MessageToDict

        response = MessageToDict(response, preserving_proto_field_name=True)
    names = [output["name"] for output in response["outputs"]]
    return Answer({name: result.as_numpy(name).tolist() for name in names}, response)
