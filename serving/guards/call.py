"""A call as guards see it, and the ways to them: an ASGI middleware and a gRPC interceptor."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Protocol

from grpc_interceptor.server import AsyncServerInterceptor
from starlette.datastructures import Headers

from serving.errors import Refused, refuse
from serving.page import is_page

log = logging.getLogger("serving")


class Kind(Enum):
    """What a call wants. Probes pass every guard, and so does the page for people, which holds no data."""

    PROBE = "probe"
    PREDICT = "predict"
    OTHER = "other"


@dataclass
class Call:
    """One request, and what becomes known of it on its way."""

    kind: Kind
    headers: Mapping[str, str]  # gRPC: the metadata; names in lower case
    client: str = ""  # the name of its token
    status: int = 200  # of the answer, once it has begun
    model: str = ""
    version: str = ""
    variant: str = ""
    rows: int = 0


class Guard(Protocol):
    """See the package."""

    async def __call__(self, call: Call, proceed: Callable[[], Awaitable]) -> object:
        """Return what `proceed()` returns, or raise an error of `serving.errors`."""


current: ContextVar[Call | None] = ContextVar("call", default=None)  # the call that this task answers


async def run(guards: Sequence[Guard], call: Call, answer: Callable[[], Awaitable]) -> object:
    """Answer a call behind the guards."""
    current.set(call)
    for guard in reversed(guards):
        answer = partial(guard, call, answer)
    return await answer()


class GuardMiddleware:
    """ASGI middleware. While `draining()`, it asks clients not to use their connection again."""

    def __init__(self, app, guards: Sequence[Guard], draining: Callable[[], bool]):
        self.app, self.guards, self.draining = app, guards, draining

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        call, begun = Call(_kind(scope["method"], scope["path"]), Headers(scope=scope)), False

        async def watched(message: dict) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun, call.status = True, message["status"]
                if self.draining():
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        try:
            await run(self.guards, call, lambda: self.app(scope, receive, watched))
        except Refused as error:
            if begun:  # the client reads its answer too slowly; uvicorn closes the connection
                log.warning("%s %r: the answer is cut off: %s", scope["method"], scope["path"], error)
            else:
                await refuse(error, scope, receive, watched)


class GuardInterceptor(AsyncServerInterceptor):
    """gRPC interceptor; `serving.errors.StatusInterceptor` stands before it."""

    def __init__(self, guards: Sequence[Guard]):
        self.guards = guards

    async def intercept(self, method, request_or_iterator, context, method_name):
        kind = KINDS.get(method_name.rpartition("/")[2], Kind.OTHER)
        call = Call(kind, {key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        return await run(self.guards, call, lambda: method(request_or_iterator, context))


KINDS = dict.fromkeys(("ServerLive", "ServerReady", "ModelReady"), Kind.PROBE) | {"ModelInfer": Kind.PREDICT}


def _kind(method: str, path: str) -> Kind:
    if method in ("GET", "HEAD"):
        probe = path.startswith("/v2/health/") or path.endswith("/ready") or path == "/metrics"
        return Kind.PROBE if probe or is_page(path) else Kind.OTHER
    return Kind.PREDICT if path.endswith((":predict", ":explain", "/infer")) else Kind.OTHER
