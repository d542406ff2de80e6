"""The OpenAPI document describes the server that answers with it."""

import asyncio
import re

import httpx
import jsonschema
import pytest
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.routing import Route

from serving.api.dataplane import CapstanDataPlane
from serving.api.openapi import example
from serving.guards.authentication import Authentication
from serving.guards.tokens import TokenFile, add
from serving.model.repository import CapstoneRepository
from serving.rest import create_app
from tests.support.capstones_of_tests import task
from tests.support.serving import Server, tensors
from tests.support.tiny_store import FLIGHT

METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "trace"}


@pytest.fixture
def document(server) -> dict:
    reply = server.client.get("/openapi.json")
    assert reply.status_code == 200 and reply.headers["content-type"] == "application/json"
    return reply.json()


def operations(document: dict) -> dict[tuple[str, str], dict]:
    return {
        (path, method): item[method] for path, item in document["paths"].items() for method in item if method in METHODS
    }


def app_without_models(guards: list) -> Starlette:
    return create_app(CapstanDataPlane(CapstoneRepository()), 2**20, guards)


def test_document_is_openapi(document):
    validate(document)
    documented = operations(document).values()
    names = [operation["operationId"] for operation in documented]
    assert len(names) == len(set(names))
    assert all(operation["summary"] and operation["tags"] for operation in documented)
    assert {tag for operation in documented for tag in operation["tags"]} == {tag["name"] for tag in document["tags"]}


def test_routes_and_document_agree(document):
    app = app_without_models([])
    routes = {route.path_format: route for route in app.routes if isinstance(route, Route)}
    assert len(routes) == len(app.routes)
    documented = {path for path in document["paths"] if not re.search("/models/[a-z]+[:/]", path)}
    assert documented == routes.keys()
    for path in documented:
        documented_methods = document["paths"][path].keys() & METHODS
        assert {method.upper() for method in documented_methods} == routes[path].methods - {"HEAD"}


def test_other_methods_are_refused_by_the_one_that_is_documented(server, document):
    for path, item in document["paths"].items():
        url, allowed = path.replace("{model_name}", "tiny").replace("{model_version}", "1"), item.keys() & METHODS
        for method in METHODS - allowed - {"head", "trace"}:
            reply = server.client.request(method, url.replace("{file}", "app.js"))
            assert reply.status_code == 405, (method, url)
            assert {name.strip().lower() for name in reply.headers["allow"].split(",")} - {"head"} == allowed
            error = reply.json()["error"]
            message = error["message"] if isinstance(error, dict) else error  # as OpenAI has it, or as all others
            assert message.startswith(f"{method.upper()} is not allowed here; use ")


def test_each_loaded_model_has_paths_of_its_own(server, document):
    schemas = document["components"]["schemas"]
    assert schemas["tiny_row"] == task("tiny").Request.model_json_schema()
    assert schemas["plain_row"] == task("plain").Request.model_json_schema()
    assert "/v1/models/tiny:explain" in document["paths"] and "/v1/models/plain:explain" not in document["paths"]
    for path, method in operations(document):
        if re.search("/(tiny|plain)[:/]", path):
            body = document["paths"][path][method]["requestBody"]["content"]["application/json"]
            [sample] = body["examples"].values()
            expected = 404 if path.endswith("/actuals") else 200  # nobody has made the prediction of the sample
            assert server.client.request(method, path, json=sample["value"]).status_code == expected, path


def test_document_follows_what_is_loaded(server):
    assert server.client.post("/v2/repository/models/plain/unload").status_code == 200
    try:
        assert "/v1/models/plain:predict" not in server.client.get("/openapi.json").json()["paths"]
    finally:
        assert server.load("plain").status_code == 200
    assert "/v1/models/plain:predict" in server.client.get("/openapi.json").json()["paths"]


def label(server: Server) -> dict:
    """Return the body that sends a label of a new prediction."""
    [answer] = server.predict(FLIGHT).json()["predictions"]
    return {"actuals": [{"prediction_id": answer["prediction_id"], "label": True}]}


def answers(server: Server) -> list[tuple[str, str, object]]:
    """Return operations, with what schemathesis cannot get: answers to good rows."""
    get, post = server.client.get, server.client.post
    return [
        ("/v1/models/{model_name}:predict", "post", server.predict(FLIGHT, return_features=True)),
        ("/v1/models/{model_name}:explain", "post", post("/v1/models/tiny:explain", json={"instances": [FLIGHT]})),
        ("/v2/models/{model_name}/infer", "post", server.infer(*tensors(FLIGHT))),
        ("/v2/models/{model_name}/actuals", "post", post("/v2/models/tiny/actuals", json=label(server))),
        ("/v2/repository/models/{model_name}/flush", "post", post("/v2/repository/models/tiny/flush")),
        ("/v2", "get", get("/v2")),
        ("/v2/monitoring", "get", get("/v2/monitoring")),
        ("/v2/monitoring/{model_name}", "get", get("/v2/monitoring/tiny")),
        ("/v2/models/{model_name}", "get", get("/v2/models/tiny")),
        ("/v2/repository/index", "post", post("/v2/repository/index")),
        ("/v2/repository/models/{model_name}/unload", "post", post("/v2/repository/models/plain/unload")),
        ("/v2/repository/models/{model_name}/load", "post", post("/v2/repository/models/plain/load")),
    ]


def test_answers_are_as_documented(server, document):
    for path, method, reply in answers(server):
        assert reply.status_code == 200, reply.text
        schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(reply.json(), schema | {"components": document["components"]})


def test_an_example_needs_every_required_field():
    assert example(task("plain").Request.model_json_schema()) == {"x": 1.5}
    assert example({"properties": {"x": {"type": "number"}}, "required": ["x"]}) is None


def test_a_token_is_needed_where_the_document_says_so(tmp_path):
    headers = {"Authorization": f"Bearer {add(tmp_path / 'tokens', 'ann')}"}
    document = ask(app_without_models([]), "get", "/openapi.json").json()
    assert "security" not in document
    app = app_without_models([Authentication(TokenFile(tmp_path / "tokens"))])
    document = ask(app, "get", "/openapi.json", headers).json()
    assert document["security"] == [{"token": []}]
    for (path, method), operation in operations(document).items():
        assert (ask(app, method, path).status_code != 401) is (operation.get("security") == []), path


def ask(app: Starlette, method: str, path: str, headers: dict | None = None) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(ask())
