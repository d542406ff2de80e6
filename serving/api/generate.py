"""REST: `generate` and `generate_stream`, Triton's extension of V2 for predictions that are made part by part."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from predictions.json_text import dumps
from serving import limits
from serving.api.body import read_json
from serving.api.router import ApiRoute
from serving.api.routes import MODEL
from serving.errors import BUG, TooSlow, logged, message_of, statuses
from serving.guards.call import Kind, current
from serving.guards.measure import CLIENT_LEFT
from serving.model.generation import GeneratePayload, Generation, generate
from serving.model.repository import CapstoneRepository
from serving.scoring.streams import ClientLeft

log = logging.getLogger("serving")
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Generate:
    """The routes of streamed predictions. The body is one row, a flat JSON object of the request's fields."""

    def __init__(self, repository: CapstoneRepository):
        self.repository = repository

    def routes(self) -> list[BaseRoute]:
        """Return the routes, each with and without a version."""
        return [
            ApiRoute(f"/v2/models/{MODEL}{version}/{name}", endpoint, Kind.STREAM, methods=["POST"])
            for version in ("", "/versions/{model_version}")
            for name, endpoint in (("generate", self.generate), ("generate_stream", self.generate_stream))
        ]

    async def generate(self, request: Request) -> Response:
        """Answer with the whole prediction."""
        generation = await self._begin(request)
        prediction = await whole(request, generation)
        return Response(dumps(generation.common() | prediction), media_type="application/json")

    async def generate_stream(self, request: Request) -> Response:
        """Answer with server-sent events, one for each part, once the first part is there."""
        generation = await self._begin(request)
        return EventStream(generation, await first_part(request, generation))

    async def _begin(self, request: Request) -> Generation:
        payload = GeneratePayload(read_json(await request.body()))
        name, version = request.path_params["model_name"], request.path_params.get("model_version")
        return await begin(request, self.repository, payload, name, version)


async def begin(
    request: Request, repository: CapstoneRepository, payload: GeneratePayload, name: str, version: str | None
) -> Generation:
    """Start the prediction of a request. Raises TooSlow, and what makes a 4xx or 503."""
    started, limit = time.monotonic(), limits.FIRST_TOKEN_SECONDS
    try:
        async with asyncio.timeout(limit):
            model, headers = repository.served(name), dict(request.headers)
            if version is not None:
                headers |= model.header_for(version, headers)
            return await generate(model, payload, headers, started)
    except TimeoutError:
        raise TooSlow(f"The first part of the answer took longer than {limit:g} s.") from None


async def whole(request: Request, generation: Generation) -> dict[str, Any]:
    """Return the whole prediction, once it is logged."""
    async with _abandoned_on_error(request, generation):
        while await generation.next() is not None:
            pass
        return await generation.finish()


async def first_part(request: Request, generation: Generation) -> dict[str, Any] | None:
    """Return the first part of a prediction."""
    async with _abandoned_on_error(request, generation):
        return await generation.next()


@asynccontextmanager
async def _abandoned_on_error(request: Request, generation: Generation) -> AsyncIterator[None]:
    with _watching(request, generation):
        try:
            yield
        except ClientLeft:
            await generation.abandon()
            raise ClientDisconnect from None
        except BaseException:
            await generation.abandon()
            raise


@contextmanager
def _watching(request: Request, generation: Generation) -> Iterator[None]:
    """Stop waiting for parts when the client leaves."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        generation.leave()

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()


class EventStream(Response):
    """The parts of a prediction as server-sent events. A slow client makes the model wait, and is given up."""

    media_type = "text/event-stream"

    def __init__(self, generation: Generation, first: dict[str, Any] | None):
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self.generation, self.first = generation, first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events. The record of the prediction is written before the stream ends."""
        call, generation = current.get(), self.generation
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with _watching(Request(scope, receive), generation):
            try:
                part = self.first
                while part is not None:
                    if event := self.event(part):
                        await self._send(send, event)
                    part = await generation.next()
                if end := self.end(await generation.finish()):
                    await self._send(send, end)
            except ClientLeft:
                call.status = CLIENT_LEFT
                await generation.abandon()
                return
            except _SlowClient:
                call.status = statuses(TooSlow())[0]
                log.warning("%s %r: the answer is cut off: the client reads too slowly", scope["method"], scope["path"])
                await generation.abandon()
                return
            except asyncio.CancelledError:
                await generation.abandon()
                raise
            except Exception as error:
                call.status = statuses(error)[0]
                await generation.abandon()
                await self._send(send, self._error(error, scope))
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def event(self, part: dict[str, Any]) -> bytes:
        """Return what is sent for a part."""
        return b"data: " + dumps(self.generation.common() | part) + b"\n\n"

    def end(self, prediction: dict[str, Any]) -> bytes:
        """Return what is sent once the whole prediction is made and logged."""
        return b""

    def failure(self, error: Exception, status: int, message: str) -> bytes:
        """Return what is sent when the model fails."""
        return b"event: error\ndata: " + dumps({"id": self.generation.id, "error": message}) + b"\n\n"

    async def _send(self, send: Send, event: bytes) -> None:
        try:
            async with asyncio.timeout(limits.TOKEN_SECONDS):
                await send({"type": "http.response.body", "body": event, "more_body": True})
        except TimeoutError:
            raise _SlowClient from None
        except OSError:
            raise ClientLeft from None

    def _error(self, error: Exception, scope: Scope) -> bytes:
        status, code = statuses(error)
        message = BUG if code is None else message_of(error)
        if code is None:
            log.exception("%s %r: the stream failed", scope["method"], scope["path"], exc_info=error)
        else:
            log.warning("%s %r: the stream failed: %d %s", scope["method"], scope["path"], status, logged(error))
        return self.failure(error, status, message)


class _SlowClient(Exception):
    """The client does not read what was sent."""
