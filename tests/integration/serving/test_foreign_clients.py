"""Clients that others wrote read our answers: KServe's and Triton's, over REST and gRPC."""

import json

import pytest
from kserve.protocol.infer_type import RequestedOutput

from tests.support import triton
from tests.support.foreign import PROTOCOLS, X, address, ask_grpc, ask_rest, kserve_request, values
from tests.support.serving import Server, tensors
from tests.support.tiny_store import FLIGHT
from tests.support.triton import Answer, Failure

ROWS = [FLIGHT, FLIGHT | {"carrier": "ZZ"}, FLIGHT | {"origin": "XXX", "seats_sold": 0}]
OUTPUTS = ["probability", "prediction_id", "missing_features", "expired_features", "future_features"]


def expected(server: Server) -> list[float]:
    return [row["probability"] for row in server.predict(*ROWS).json()["predictions"]]


# KServe's clients.


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


# Triton's clients.


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


# What the protocol leaves to Triton: reported as such, without a traceback.
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
        assert failure.status == {"http": "404", "grpc": "StatusCode.UNIMPLEMENTED"}[protocol]
        assert protocol == "grpc" or "GET /openapi.json describes every path" in failure.message
    assert "Traceback" not in server.log.read_text()
