"""What a request may take is what its model states, and at most what the operator allows."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from starlette.responses import JSONResponse

from capstan.contract.resources import Limits
from serving.api.router import ApiRoute, Application
from serving.api.routes import MODEL
from serving.guards.call import Kind
from serving.guards.concurrency import Concurrency
from serving.guards.time_limit import TimeLimit

STATED = {"small": Limits(seconds=0.05, bytes=10, streams=1), "large": Limits(seconds=5, bytes=1_000, streams=2)}


def client(max_body_bytes: int = 500, seconds: float = 1, concurrent: int = 10) -> httpx.AsyncClient:
    """A client of two routes: a prediction that takes 0.2 s, and a stream that takes as long."""

    async def answer(request) -> JSONResponse:
        await request.body()
        await asyncio.sleep(0.2)
        return JSONResponse({})

    routes = [
        ApiRoute(f"/v1/models/{MODEL}:predict", answer, Kind.PREDICT, methods=["POST"]),
        ApiRoute(f"/v2/models/{MODEL}/generate", answer, Kind.STREAM, methods=["POST"]),
    ]
    guards = [Concurrency(concurrent), TimeLimit(seconds)]
    app = Application(routes, guards, max_body_bytes, limits=lambda name: STATED.get(name, Limits()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server", timeout=30)


def statuses(made: httpx.AsyncClient, *requests: tuple[str, bytes]) -> list[tuple[int, str]]:
    """Return the status and the text of requests that are sent at the same time."""

    async def send() -> list[tuple[int, str]]:
        async with made:
            replies = await asyncio.gather(*(made.post(path, content=body) for path, body in requests))
        return [(reply.status_code, reply.text) for reply in replies]

    return asyncio.run(send())


def test_seconds_and_bytes_are_those_of_the_model():
    [slow, big] = statuses(client(), ("/v1/models/small:predict", b""), ("/v1/models/small:predict", b"x" * 11))
    assert slow[0] == 504 and "0.05 s" in slow[1]
    assert big[0] == 413 and "10 bytes" in big[1]
    assert statuses(client(), ("/v1/models/large:predict", b"x" * 100))[0][0] == 200


def test_settings_are_the_upper_bounds():
    [big] = statuses(client(max_body_bytes=50), ("/v1/models/large:predict", b"x" * 51))
    [slow] = statuses(client(seconds=0.1), ("/v1/models/large:predict", b""))
    assert (big[0], slow[0]) == (413, 504)
    assert "50 bytes" in big[1] and "0.1 s" in slow[1]


def test_streams_of_one_model_leave_room_for_others():
    paths = ["small", "small", "large", "large", "large"]
    replies = statuses(client(), *((f"/v2/models/{name}/generate", b"") for name in paths))
    assert [status for status, _ in replies] == [200, 503, 200, 200, 503]
    assert "'small' streams 1 answers at a time" in replies[1][1]
    replies = statuses(client(concurrent=2), *(("/v2/models/other/generate", b"") for _ in range(3)))
    assert [status for status, _ in replies] == [200, 200, 503]


def test_stream_that_ended_makes_room():
    http = client()

    async def twice() -> list[int]:
        async with http:
            return [(await http.post("/v2/models/small/generate")).status_code for _ in range(2)]

    assert asyncio.run(twice()) == [200, 200]


@pytest.mark.parametrize("part", ["seconds", "bytes", "streams"])
def test_limit_without_room_is_a_wrong_task(part):
    from capstan.contract.resources import Resources, problems

    assert problems(Resources(), replace(Limits(), **{part: 0})) == [f"LIMITS has no room: {part} must be over 0"]
    assert problems({}, {part: 1}) == [
        "RESOURCES is not a capstan.contract.resources.Resources",
        "LIMITS is not a capstan.contract.resources.Limits",
    ]
    assert problems(Resources(), Limits()) == []
