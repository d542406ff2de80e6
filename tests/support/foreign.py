"""Clients that others wrote: KServe's, here, and Triton's, through `triton` in its own process."""

import asyncio

import grpc
import httpx
import numpy as np
from kserve import InferInput, InferRequest
from kserve.inference_client import InferenceGRPCClient, InferenceRESTClient, RESTConfig

from tests.support import triton
from tests.support.serving import Server
from tests.support.triton import Failure

X = {"name": "x", "shape": [1], "datatype": "FP64", "data": [1.5]}
PROTOCOLS = ["http", "grpc"]


def address(server: Server, protocol: str) -> str:
    return f"127.0.0.1:{server.port if protocol == 'http' else server.grpc_port}"


def ask_rest(server: Server, method: str, *args, protocol: str = "v2", **options) -> object:
    async def ask() -> object:
        async with InferenceRESTClient(RESTConfig(protocol=protocol)) as client:
            return await getattr(client, method)(server.url, *args, **options)

    return asyncio.run(ask())


def ask_grpc(server: Server, method: str, *args, **options) -> object:
    async def ask() -> object:
        async with InferenceGRPCClient(address(server, "grpc"), retries=0) as client:
            return await getattr(client, method)(*args, **options)

    return asyncio.run(ask())


def kserve_request(tensors: list[dict], name: str = "tiny", binary: bool = False, **options) -> InferRequest:
    inputs = []
    for tensor in tensors:
        item = InferInput(tensor["name"], tensor["shape"], tensor["datatype"], tensor["data"])
        if binary:
            kind = object if tensor["datatype"] == "BYTES" else None
            item.set_data_from_numpy(np.array(tensor["data"], dtype=kind), binary_data=True)
        inputs.append(item)
    return InferRequest(name, inputs, **options)


def values(answer, name: str = "probability") -> list:
    return answer.get_output_by_name(name).as_numpy().tolist()


# A request by each client: the failure that it was sent, or None or its answer.


def by_kserve_rest(server, child, tensors, name, headers) -> Failure | None:
    try:
        ask_rest(server, "infer", kserve_request(tensors, name), name, headers=headers)
    except httpx.HTTPStatusError as error:
        return Failure(str(error.response.status_code), str(error))


def by_kserve_grpc(server, child, tensors, name, headers) -> Failure | None:
    try:
        ask_grpc(server, "infer", kserve_request(tensors, name), headers=list(headers.items()))
    except grpc.RpcError as error:
        return Failure(str(error.code()), error.details())


def by_triton_http(server, child, tensors, name, headers) -> Failure | None:
    return child(triton.infer, "http", address(server, "http"), name, tensors, headers=headers)


def by_triton_grpc(server, child, tensors, name, headers) -> Failure | None:
    return child(triton.infer, "grpc", address(server, "grpc"), name, tensors, headers=headers)


CLIENTS = [by_kserve_rest, by_kserve_grpc, by_triton_http, by_triton_grpc]
