"""Errors reach clients that others wrote as their own exceptions, with our message."""

from collections.abc import Iterator

import pytest

from serving.guards.tokens import add
from tests.support import triton
from tests.support.foreign import CLIENTS, PROTOCOLS, X, address, ask_grpc, ask_rest
from tests.support.serving import Server, another_server, tensors
from tests.support.tiny_store import FLIGHT
from tests.support.triton import Failure

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
    "no variant": (
        [X],
        "plain",
        {"x-capstan-variant": "best"},
        "400",
        "expected one of champion, challenger,",
    ),
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
    mlflow.roles("steady", challenger=mlflow.register("steady", 0.0))
    limits = {"CAPSTAN_TOKENS_FILE": str(home / "tokens"), "CAPSTAN_REQUEST_SECONDS": "0.5"}
    with another_server(mlflow, feast_home, home / "home", **limits) as own_server:
        mlflow.roles("steady")
        own_server.client.headers["authorization"] = f"Bearer {token}"
        yield own_server


@pytest.mark.parametrize("by", CLIENTS)
def test_tokens(guarded, child, by):
    for headers in ({}, {"authorization": "Bearer nonsense"}):
        assert_fails(by(guarded, child, [X], "plain", headers), "401", "token")
    headers = {"authorization": guarded.client.headers["authorization"]}
    assert not isinstance(by(guarded, child, [X], "plain", headers), Failure)


@pytest.mark.parametrize("by", CLIENTS)
def test_a_model_without_a_champion(guarded, child, by):
    headers = {"authorization": guarded.client.headers["authorization"]}
    assert_fails(by(guarded, child, tensors(FLIGHT), "steady", headers), "503", "has no champion yet")
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
