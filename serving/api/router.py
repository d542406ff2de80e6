"""Routes that declare what kind of call they take, and the router that puts the guards before them."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Message, Receive, Scope, Send

from serving.api.body import Body, limited
from serving.errors import Refused
from serving.guards.call import Call, Guard, Kind, run

log = logging.getLogger("serving")


class ApiRoute(Route):
    """A route of one kind of call."""

    def __init__(self, path: str, endpoint: Callable[..., Any], kind: Kind = Kind.OTHER, **options: Any):
        super().__init__(path, endpoint, **options)
        self.kind = kind


class GuardedRouter(Router):
    """Finds the route of a request, and answers it behind the guards that its kind passes.

    Bodies are limited to `max_body_bytes`. While `draining()`, clients are asked to close their connection.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        guards: Sequence[Guard],
        max_body_bytes: int,
        draining: Callable[[], bool] = lambda: False,
    ):
        super().__init__(routes=routes, redirect_slashes=False)
        self.guards, self.max_body_bytes, self.draining = guards, max_body_bytes, draining

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; the first route that matches answers."""
        if scope["type"] != "http":
            return await super().app(scope, receive, send)
        scope["router"] = self
        handle, kind = self.not_found, Kind.OTHER
        for route in self.routes:
            match, found = route.matches(scope)
            if match is not Match.NONE:
                scope.update(found)
                handle, kind = route.handle, getattr(route, "kind", kind) if match is Match.FULL else kind
                break
        body = Body(limited(scope, receive, self.max_body_bytes))
        call, begun = Call(kind, Headers(scope=scope), body), False

        async def watched(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun, call.status = True, message["status"]
                if self.draining():
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        try:
            await run(self.guards, call, lambda: handle(scope, body, watched))
        except Refused as error:
            if not begun:
                raise
            # The client reads its answer too slowly. uvicorn closes the connection.
            log.warning("%s %r: the answer is cut off: %s", scope["method"], scope["path"], error)
        return None
