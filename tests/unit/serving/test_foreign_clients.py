"""Clients that others wrote read our answers and raise our messages: KServe's and Triton's, over REST and gRPC."""

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import grpc
import httpx
import numpy as np
import pytest
from kserve import InferInput, InferRequest
from kserve.inference_client import InferenceGRPCClient, InferenceRESTClient, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from serving.tokens import add
from tests.unit.serving import triton
from tests.unit.serving.conftest import FLIGHT, Server, another_server, tensors
from tests.unit.serving.triton import Answer, Failure

ROWS = [FLIGHT, FLIGHT | {"carrier": "ZZ"}, FLIGHT | {"origin": "XXX", "seats_sold": 0}]
X = {"name": "x", "shape": [1], "datatype": "FP64", "data": [1.5]}
PROTOCOLS = ["http", "grpc"]
OUTPUTS = ["probability", "prediction_id", "missing_features", "expired_features", "future_features"]


@pytest.fixture(scope="module")
def child() -> Iterator[Callable]:
    """Call a function of `triton` in its process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result(60)


def address(server: Server, protocol: str) -> str:
    return f"127.0.0.1:{server.port if protocol == 'http' else server.grpc_port}"


def expected(server: Server) -> list[float]:
    return [row["probability"] for row in server.predict(*ROWS).json()["predictions"]]


# KServe's clients: answers.


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


def test_kserve_rest_v1(server):
    def ask(method, *args, **options):
        return ask_rest(server, method, *args, protocol="v1", **options)

    assert ask("is_server_live") and ask("is_model_ready", "tiny")
    answer = ask("infer", {"instances": ROWS, "return_features": True}, "tiny")["predictions"]
    assert [row["probability"] for row in answer] == pytest.approx(expected(server), abs=1e-12)
    assert answer[0]["features"]["age"] == 7.5
    explained = ask("explain", "tiny", {"instances": ROWS})["explanations"]
    assert [row["probability"] for row in explained] == pytest.approx(expected(server), abs=1e-12)


@pytest.mark.parametrize("binary", [False, True])
def test_kserve_rest_v2(server, binary):
    assert ask_rest(server, "is_server_live") and ask_rest(server, "is_server_ready")
    assert ask_rest(server, "is_model_ready", "tiny") and not ask_rest(server, "is_model_ready", "unborn")
    for parameters in ({"return_features": True}, {"return_features": True, "binary_data_output": True}):
        request = kserve_request(tensors(*ROWS), binary=binary, request_id="mine", parameters=parameters)
        answer = ask_rest(server, "infer", request, "tiny", headers={"x-capstan-variant": "champion"})
        assert values(answer) == pytest.approx(expected(server), abs=1e-12)
        assert (answer.id, answer.model_name, answer.parameters) == ("mine", "tiny", {"variant": "champion"})
        assert json.loads(values(answer, "features")[0])["age"] == 7.5


@pytest.mark.parametrize("binary", [False, True])
def test_kserve_grpc(server, binary):
    assert ask_grpc(server, "is_server_live") and ask_grpc(server, "is_server_ready")
    assert ask_grpc(server, "is_model_ready", "tiny")
    request = kserve_request(tensors(*ROWS), binary=binary, request_id="mine", parameters={"return_features": True})
    answer = ask_grpc(server, "infer", request, headers=[("x-capstan-variant", "champion")])
    assert values(answer) == pytest.approx(expected(server), abs=1e-12)
    assert (answer.id, answer.model_name, answer.model_version) == ("mine", "tiny", "1")
    assert json.loads(values(answer, "features")[0])["age"] == 7.5


def test_kserve_requested_outputs(server):
    wanted = [RequestedOutput("missing_features"), RequestedOutput("probability", {"binary_data": True})]
    for ask in (ask_rest, ask_grpc):
        request = kserve_request(tensors(*ROWS), request_outputs=list(wanted))
        answer = ask(server, "infer", request, **({"model_name": "tiny"} if ask is ask_rest else {}))
        assert [output.name for output in answer.outputs] == ["missing_features", "probability"]
        assert values(answer) == pytest.approx(expected(server), abs=1e-12)


# Triton's clients: answers.


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_triton_health_and_metadata(server, child, protocol):
    def ask(method, *args, **options):
        return child(triton.call, protocol, address(server, protocol), method, *args, **options)

    as_json = {"as_json": True} if protocol == "grpc" else {}
    assert ask("is_server_live") is ask("is_server_ready") is ask("is_model_ready", "tiny") is True
    assert ask("is_model_ready", "tiny", "1") is True
    server_metadata = ask("get_server_metadata", **as_json)
    assert server_metadata["name"] == "capstan" and "binary_tensor_data" in server_metadata["extensions"]
    metadata = ask("get_model_metadata", "tiny", **as_json)
    assert (metadata["name"], metadata["versions"], metadata["platform"]) == ("tiny", ["1"], "mlflow_pyfunc")
    assert {tensor["name"]: tensor["datatype"] for tensor in metadata["inputs"]} == dict.fromkeys(FLIGHT, "BYTES") | {
        "seats_sold": "INT64"
    }
    assert [tensor["name"] for tensor in metadata["outputs"]] == OUTPUTS


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("outputs", [None, False, True], ids=["all outputs", "as JSON", "binary"])
def test_triton_infer(server, child, protocol, binary, outputs):
    options = {"request_id": "mine", "parameters": {"return_features": True}}
    if outputs is not None:
        options["outputs"] = [("features", outputs), ("probability", outputs)]
    answer = child(triton.infer, protocol, address(server, protocol), "tiny", tensors(*ROWS), binary, **options)
    assert answer.outputs["probability"] == pytest.approx(expected(server), abs=1e-12)
    assert json.loads(answer.outputs["features"][0])["age"] == 7.5
    assert (answer.response["id"], answer.response["model_version"]) == ("mine", "1")
    wanted = [*OUTPUTS, "features"] if outputs is None else ["features", "probability"]
    assert list(answer.outputs) == wanted


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_triton_versions_variants_and_asyncio(server, child, protocol):
    url = address(server, protocol)
    for options in ({"model_version": "1"}, {"headers": {"x-capstan-variant": "champion"}}):
        answer = child(triton.infer, protocol, url, "tiny", tensors(*ROWS), **options)
        assert answer.outputs["probability"] == pytest.approx(expected(server), abs=1e-12)
    answer = child(triton.infer_asynchronously, protocol, url, "tiny", tensors(*ROWS))
    assert answer.outputs["probability"] == pytest.approx(expected(server), abs=1e-12)
    if protocol == "http":
        answer = child(triton.infer_in_the_background, url, "tiny", tensors(*ROWS))
        assert answer.outputs["probability"] == pytest.approx(expected(server), abs=1e-12)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
@pytest.mark.parametrize("binary", [False, True])
def test_triton_compression(server, child, algorithm, binary):
    """Requests are inflated. Answers are not compressed, which their clients may always expect."""
    options = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
    answer = child(triton.infer, "http", address(server, "http"), "tiny", tensors(*ROWS), binary, **options)
    assert answer.outputs["probability"] == pytest.approx(expected(server), abs=1e-12)


def test_triton_compression_of_grpc(server, child):
    for algorithm in ("gzip", "deflate"):
        options = {"compression_algorithm": algorithm}
        answer = child(triton.infer, "grpc", address(server, "grpc"), "tiny", tensors(*ROWS), **options)
        assert answer.outputs["probability"] == pytest.approx(expected(server), abs=1e-12)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_triton_model_repository(server, child, protocol):
    def ask(method, *args, **options):
        return child(triton.call, protocol, address(server, protocol), method, *args, **options)

    assert ask("unload_model", "plain") is None
    assert not isinstance(child(triton.infer, protocol, address(server, protocol), "plain", [X]), Answer)
    assert ask("load_model", "plain") is None
    assert child(triton.infer, protocol, address(server, protocol), "plain", [X]).outputs["probability"]
    for method in ("load_model", "unload_model"):
        assert "nope" in ask(method, "nope").message
    if protocol == "http":
        index = {row["name"]: row for row in ask("get_model_repository_index")}
        assert index["tiny"] == {"name": "tiny", "version": "1", "state": "READY", "reason": ""}
        assert (index["unborn"]["state"], index["unborn"]["reason"]) == ("UNAVAILABLE", "It is not loaded.")
        assert "Unknown field 'parameters'" in ask("load_model", "plain", config="{}").message


# What the protocol leaves to Triton: told as such, without a traceback.
ABSENT = {
    "get_model_config": ("plain",),
    "get_inference_statistics": ("plain",),
    "get_trace_settings": (),
    "get_log_settings": (),
    "get_system_shared_memory_status": (),
    "get_cuda_shared_memory_status": (),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_only_triton_has(server, child, protocol):
    absent = ABSENT if protocol == "http" else ABSENT | {"get_model_repository_index": ()}
    for method, args in absent.items():
        failure = child(triton.call, protocol, address(server, protocol), method, *args)
        assert isinstance(failure, Failure), method
        known = ("404", "GET /openapi.json describes every path")
        assert (failure.status, failure.message)[0] == (known[0] if protocol == "http" else "StatusCode.UNIMPLEMENTED")
        assert protocol == "grpc" or known[1] in failure.message
    assert "Traceback" not in server.log.read_text()


# Errors: each client's own exception, with our message.


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
GRPC_CODES = {"400": "INVALID_ARGUMENT", "401": "UNAUTHENTICATED", "404": "NOT_FOUND", "503": "UNAVAILABLE"}
GRPC_CODES |= {"504": "DEADLINE_EXCEEDED"}


def assert_fails(failure: Failure | None, status: str, message: str) -> None:
    assert isinstance(failure, Failure), failure
    assert failure.status in (status, f"StatusCode.{GRPC_CODES[status]}") and message in failure.message, failure


TEXT = {"name": "x", "shape": [1], "datatype": "BYTES", "data": ["1.5"]}
ERRORS = {
    "unknown model": ([X], "nope", {}, "404", "GET /v2/models lists those that are served"),
    "wrong datatype": ([TEXT], "plain", {}, "400", "row 0, x: Input should be a valid number"),
    "wrong shape": ([X | {"shape": [1, 1, 1]}], "plain", {}, "400", "expected [rows] or [rows, 1]"),
    "ragged": ([X, X | {"name": "y", "shape": [2], "data": [1.0, 2.0]}], "plain", {}, "400", "same number of rows"),
    "missing tensor": ([X | {"name": "y"}], "plain", {}, "400", "row 0, x: Field required"),
    "unknown tensor": ([X, X | {"name": "z"}], "plain", {}, "400", "row 0, z: Extra inputs are not permitted"),
    "too many rows": (
        [X | {"shape": [1001], "data": [1.0] * 1001}],
        "plain",
        {},
        "400",
        "has 1001 rows; expected 1",
    ),
    "unknown carrier": (tensors(FLIGHT | {"carrier": "XX"}), "tiny", {}, "400", "row 0, carrier: unknown carrier 'XX'"),
    "no such variant": ([X], "plain", {"x-capstan-variant": "challenger"}, "404", "has no challenger loaded"),
    "no variant": ([X], "plain", {"x-capstan-variant": "best"}, "400", "expected one of champion, challenger"),
}


@pytest.mark.parametrize("by", CLIENTS)
@pytest.mark.parametrize("case", ERRORS.values(), ids=ERRORS)
def test_errors(server, child, by, case):
    inputs, name, headers, status, message = case
    assert_fails(by(server, child, inputs, name, headers), status, message)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_of_versions_and_outputs(server, child, protocol):
    url = address(server, protocol)
    absent = child(triton.infer, protocol, url, "plain", [X], model_version="99")
    assert_fails(absent, "404", "'plain' has no version '99' loaded; it has 1.")
    assert_fails(
        child(triton.call, protocol, url, "get_model_metadata", "plain", "99"), "404", "no version '99' loaded"
    )
    both = child(triton.infer, protocol, url, "plain", [X], model_version="1", headers={"x-capstan-variant": "best"})
    assert_fails(both, "400", "Version 1 is the champion, but x-capstan-variant is 'best'. Send only one.")
    colour = child(triton.infer, protocol, url, "plain", [X], outputs=[("colour", True)])
    assert_fails(colour, "400", "There is no output 'colour'; there are probability, ")


@pytest.fixture(scope="module")
def guarded(server, mlflow, feast_home, tmp_path_factory) -> Iterator[Server]:
    """A server that wants a token, which its client has, and is impatient; its `steady` has no champion."""
    home = tmp_path_factory.mktemp("foreign")
    token = add(home / "tokens", "ann")
    mlflow.alias("steady", "challenger", mlflow.register("steady", 0.0))
    limits = {"CAPSTAN_TOKENS_FILE": str(home / "tokens"), "CAPSTAN_REQUEST_SECONDS": "0.5"}
    with another_server(mlflow, feast_home, home / "home", **limits) as made:
        mlflow.alias("steady", "challenger", None)
        made.client.headers["authorization"] = f"Bearer {token}"
        yield made


@pytest.mark.parametrize("by", CLIENTS)
def test_tokens(guarded, child, by):
    for headers in ({}, {"authorization": "Bearer nonsense"}):
        assert_fails(by(guarded, child, [X], "plain", headers), "401", "token")
    headers = {"authorization": guarded.client.headers["authorization"]}
    assert not isinstance(by(guarded, child, [X], "plain", headers), Failure)


@pytest.mark.parametrize("by", CLIENTS)
def test_a_model_without_a_champion(guarded, child, by):
    headers = {"authorization": guarded.client.headers["authorization"]}
    assert_fails(by(guarded, child, tensors(FLIGHT), "steady", headers), "503", "It has no champion yet")
    challenger = headers | {"x-capstan-variant": "challenger"}
    assert not isinstance(by(guarded, child, tensors(FLIGHT), "steady", challenger), Failure)


def test_readiness_of_a_model_without_a_champion(guarded, child):
    headers = {"authorization": guarded.client.headers["authorization"]}
    assert not ask_rest(guarded, "is_model_ready", "steady", protocol="v1", headers=headers)
    assert not ask_rest(guarded, "is_model_ready", "steady")
    assert not ask_grpc(guarded, "is_model_ready", "steady")
    for protocol in PROTOCOLS:
        assert child(triton.call, protocol, address(guarded, protocol), "is_model_ready", "steady") is False


@pytest.mark.parametrize("by", CLIENTS)
def test_deadlines(guarded, child, by, slow_store):
    headers = {"authorization": guarded.client.headers["authorization"]}
    assert_fails(by(guarded, child, tensors(FLIGHT), "tiny", headers), "504", "took longer than 0.5 s")
