"""What comes before a route: browsers that ask for a page of another site, and slashes at the end of a path."""

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse

from serving.api.origins import Origins
from serving.api.router import ApiRoute, Application
from serving.guards.authentication import Authentication
from serving.guards.tokens import TokenFile, add

PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}


def answer(method: str, path: str, hosts: list[str], tokens=None, **headers: str) -> httpx.Response:
    """Send one request to an application with a page and a route."""

    async def said(request: Request) -> JSONResponse:
        return JSONResponse({"body": (await request.body()).decode(), "query": request.url.query})

    app = Application(
        [ApiRoute("/", said, methods=["GET"]), ApiRoute("/v1/models/{name}", said, methods=["POST"])],
        [Authentication(TokenFile(tokens))] if tokens else [],
        1_000,
        origins=Origins(hosts),
    )

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://server", follow_redirects=True) as client:
            return await client.request(method, path, headers=headers, content=b"x" if method == "POST" else b"")

    return asyncio.run(send())


@pytest.mark.parametrize("origin", ["https://app.example.org", "http://APP.example.org:3000"])
def test_pages_of_a_host_that_is_named_may_ask_with_a_token_and_read_the_answer(tmp_path, origin):
    tokens, hosts = tmp_path / "tokens", ["app.example.org"]
    token = add(tokens, "page")
    asked = answer("OPTIONS", "/v1/models/a", hosts, tokens, origin=origin, **PREFLIGHT)
    assert asked.status_code == 204 and not asked.content
    assert asked.headers["access-control-allow-origin"] == origin
    assert asked.headers["access-control-allow-headers"] == "authorization"
    assert "POST" in asked.headers["access-control-allow-methods"]
    done = answer("POST", "/v1/models/a", hosts, tokens, origin=origin, authorization=f"Bearer {token}")
    assert done.status_code == 200 and done.headers["access-control-allow-origin"] == origin
    refused = answer("POST", "/v1/models/a", hosts, tokens, origin=origin)
    assert refused.status_code == 401 and refused.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("origin", ["https://evil.test", "https://app.example.org.evil.test", "null", ""])
@pytest.mark.parametrize("hosts", [[], ["app.example.org"]])
def test_other_pages_may_not(origin, hosts):
    asked = answer("OPTIONS", "/v1/models/a", hosts, origin=origin, **PREFLIGHT)
    assert asked.status_code == 403 and "CAPSTAN_ALLOWED_HOSTS" in asked.json()["error"]
    done = answer("POST", "/v1/models/a", hosts, origin=origin)
    assert not [name for name in (*asked.headers, *done.headers) if name.startswith("access-control")]


def test_options_that_no_browser_asks_is_another_method():
    assert answer("OPTIONS", "/v1/models/a", ["app.example.org"]).status_code == 405


def test_a_slash_at_the_end_leads_to_the_path_without_it():
    reply = answer("POST", "/v1/models/a/?b=c", [])
    assert reply.json() == {"body": "x", "query": "b=c"}
    [redirect] = reply.history
    assert redirect.status_code == 307 and redirect.headers["location"] == "/v1/models/a?b=c"


def test_slashes_alone_lead_to_the_page():
    reply = answer("GET", "http://server//?b=c", [])
    assert reply.status_code == 200 and reply.url == "http://server/?b=c"


@pytest.mark.parametrize("path", ["/none/", "http://server//evil.test/", "/v1/models/a%2F"])
def test_other_paths_are_not_found(path):
    assert answer("POST", path, []).status_code == 404
