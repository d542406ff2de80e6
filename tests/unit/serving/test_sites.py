"""A page of another site reads nothing and changes nothing; other clients need not say who they are."""

import asyncio

import httpx
import pytest
from starlette.responses import JSONResponse

from capstan.errors import CapstanError
from serving.api.router import ApiRoute, Application
from serving.guards.authentication import Authentication
from serving.guards.call import Guard, Kind
from serving.guards.sites import Sites
from serving.guards.tokens import TokenFile, add

LOCAL = "127.0.0.1:8080"


def answer(
    guards: list[Guard], method: str = "GET", path: str = "/console", host: str | None = LOCAL, **headers: str
) -> httpx.Response:
    """Send one request to an application of a console, a probe and a change."""

    async def done(request) -> JSONResponse:
        return JSONResponse({"done": True})

    routes = [
        ApiRoute("/console", done, Kind.CONSOLE),
        ApiRoute("/probe", done, Kind.PROBE),
        ApiRoute("/change", done, methods=["POST", "DELETE"]),
    ]
    app = Application(routes, guards, 1_000)

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            request = client.build_request(method, path, headers=named | ({"Host": host} if host else {}))
            if host is None:
                del request.headers["Host"]
            return await client.send(request)

    return asyncio.run(send())


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("localhost", "LOCALHOST:1", "localhost.:8080", LOCAL, "127.0.0.2", "[::1]:8080")),
        *((host, 200) for host in ("a.localhost:8080", "models.lan:8080", "Models.LAN", "[fd00::1]:80")),
        *((host, 403) for host in ("evil.test:8080", "localhost.evil.test", "evil-localhost", "10.0.0.1:8080")),
        *((host, 403) for host in ("127.0.0.1.evil.test", "evil.test:80@localhost", "localhost/", "[::2]", "ä")),
    ],
)
@pytest.mark.parametrize("listens", ["127.0.0.1", "::1", "localhost", "0.0.0.0"])
def test_hosts_that_are_not_the_servers_are_refused(listens, host, status):
    reply = answer([Sites(listens, ["models.lan", "fd00::1"])], host=host.encode("latin-1"))
    assert reply.status_code == status, reply.text
    assert status == 200 or "CAPSTAN_ALLOWED_HOSTS" in reply.json()["error"]


def test_a_pod_answers_every_host_unless_some_are_named():
    assert answer([Sites("0.0.0.0")], host="flight-delay.capstan.svc").status_code == 200
    assert answer([Sites("0.0.0.0", ["models.lan"])], host="flight-delay.capstan.svc").status_code == 403
    assert answer([Sites("0.0.0.0", ["models.lan"])], path="/probe", host="10.0.0.7:8080").status_code == 200


def test_a_request_without_a_host_comes_from_no_page():
    assert answer([Sites("127.0.0.1")], "POST", "/change", host=None).status_code == 200
    assert answer([Sites("127.0.0.1")], "POST", "/change", host=None, Origin="http://a.test").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": f"http://{LOCAL}"}, 200),
        ({"Origin": f"https://{LOCAL}"}, 200),
        ({"Origin": "http://models.lan"}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Origin": f"http://{LOCAL}"}, 200),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "https://proxy.test"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "same-site", "Origin": "http://127.0.0.1:9000"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://models.lan"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "http://127.0.0.1:9000"}, 403),
        ({"Origin": "http://localhost:8080"}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": LOCAL}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("listens", ["127.0.0.1", "0.0.0.0"])
def test_a_change_that_a_page_of_another_site_asks_for_is_refused(listens, method, headers, status):
    guards = [Sites(listens, ["models.lan"])]
    assert answer(guards, method, "/change", **headers).status_code == status
    for safe in ("GET", "HEAD"):
        assert answer(guards, safe, "/console", **headers).status_code == 200


def test_no_page_of_another_site_may_read_an_answer():
    reply = answer([Sites("127.0.0.1")], Origin="http://evil.test", Sec_Fetch_Site="cross-site")
    assert reply.status_code == 200 and not [name for name in reply.headers if name.startswith("access-control")]


def test_who_has_a_token_is_no_such_page(tmp_path):
    token = add(tmp_path / "tokens", "ann")
    guards = [Authentication(TokenFile(tmp_path / "tokens")), Sites("127.0.0.1")]
    foreign = {"Origin": "http://evil.test", "Sec_Fetch_Site": "cross-site"}
    assert answer(guards, "POST", "/change", **foreign, Authorization=f"Bearer {token}").status_code == 200
    assert answer(guards, "POST", "/change", **foreign, Authorization="Bearer guess").status_code == 401
    assert answer(guards, host="evil.test").status_code == 403
    assert answer(guards).status_code == 200


@pytest.mark.parametrize("value", ["http://models.lan", "models.lan:8080", "models.lan/x", "*"])
def test_hosts_of_the_settings_are_names_and_addresses(monkeypatch, value):
    from capstan.settings import settings

    monkeypatch.setenv("CAPSTAN_ALLOWED_HOSTS", f"localhost,{value}")
    settings.cache_clear()
    with pytest.raises(CapstanError, match=r"CAPSTAN_ALLOWED_HOSTS: .*a host is a name or an address"):
        settings()
    monkeypatch.setenv("CAPSTAN_ALLOWED_HOSTS", "models.lan, fd00::1,")
    assert settings().allowed_hosts == ["models.lan", "fd00::1"]
    settings.cache_clear()
