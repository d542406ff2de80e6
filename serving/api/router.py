"""The REST application: routes that declare what kind of call they take, behind the guards.

Starlette's own application answers a request through four more layers. They took a tenth of a prediction's time.
"""

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Message, Receive, Scope, Send

from serving.api.body import Body
from serving.api.origins import Origins, is_preflight
from serving.errors import Form, Refused, plain, reply, statuses
from serving.guards.call import Call, Guard, Kind, LimitsOf, any_limits, run

log = logging.getLogger("serving")
CACHED_PATH = 200  # characters


class ApiRoute(Route):
    """A route of one kind of call. Its endpoint takes a request and returns a response.

    model_of: returns the model that a body names, where the path names none. form: of answers to errors.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        kind: Kind = Kind.OTHER,
        model_of: Callable[[bytes], str] | None = None,
        form: Form = plain,
        **options: Any,
    ):
        super().__init__(path, endpoint, **options)
        self.kind, self.model_of, self.form = kind, model_of, form

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Raises HTTPException 405 for another method, and what the endpoint raises."""
        assert self.methods
        if scope["method"] not in self.methods:
            raise HTTPException(405, headers={"Allow": ", ".join(self.methods)})
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


class Application:
    """Finds the route of a request, the first that matches, and answers behind the guards that its kind passes.

    Bodies are limited to the bytes that their model states, at most `max_body_bytes`. While `draining()`, clients are
    asked to close their connection.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute],
        guards: Sequence[Guard],
        max_body_bytes: int,
        draining: Callable[[], bool] = lambda: False,
        limits: LimitsOf = any_limits,
        origins: Origins | None = None,
    ):
        self.limits, self.origins = limits, origins or Origins()
        self.routes, self.guards, self.max_body_bytes, self.draining = routes, guards, max_body_bytes, draining
        self._find = lru_cache(1024)(self._search)  # clients ask for few paths

    def _search(self, method: str, path: str) -> tuple[BaseRoute, Kind, Scope]:
        """Return the route of a request, the kind of the call, and what the route adds to the scope."""
        for route in self.routes:
            match, child_scope = route.matches({"type": "http", "method": method, "path": path})
            if match is not Match.NONE:
                kind = getattr(route, "kind", Kind.OTHER) if match is Match.FULL else Kind.OTHER
                return route, kind, child_scope
        if len(path) > 1 and path.endswith("/") and self._search(method, path.rstrip("/") or "/")[0] is not NOWHERE:
            return SLASHED, Kind.OTHER, {}
        return NOWHERE, Kind.OTHER, {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and every error that it ends in."""
        assert scope["type"] == "http"  # uvicorn finds out that there is no lifespan to watch
        find = self._find if len(scope["path"]) <= CACHED_PATH else self._search
        route, kind, child_scope = find(scope["method"], scope["path"])
        scope.update(child_scope)
        name = child_scope.get("path_params", {}).get("model_name", "")
        limits = self.limits(name)
        body = Body(scope, receive, min(limits.bytes, self.max_body_bytes))
        call, begun = Call(kind, Headers(scope=scope), body, name, limits, scope["method"]), False
        origin = call.headers.get("origin")  # of a page in a browser
        readable = self.origins.raw_headers(origin) if origin else []
        call.model_of = getattr(route, "model_of", None) if kind is not Kind.OTHER else None

        async def watched(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun, call.status = True, message["status"]
                if self.draining():
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
                if readable:
                    message["headers"] = [*message.get("headers", ()), *readable]
            await send(message)

        try:
            if origin is not None and is_preflight(scope["method"], call.headers):
                await self.origins.preflight(call.headers)(scope, body, send)
                return
            await run(self.guards, call, lambda: route.handle(scope, body, watched))
        except Exception as error:
            if begun and isinstance(error, Refused):
                # The client reads its answer too slowly. uvicorn closes the connection.
                log.warning("%s %r: the answer is cut off: %s", scope["method"], scope["path"], error)
                return
            if begun:
                raise
            form = getattr(route, "form", plain)
            await reply(Request(scope), error, form)(scope, receive, watched)
            if statuses(error) == (500, None):
                raise  # a bug: uvicorn logs its traceback and closes the connection


class Nowhere(BaseRoute):
    """What answers where no route does."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HTTPException 404."""
        raise HTTPException(404)


class Slashed(BaseRoute):
    """What answers where a route does for the same path without a slash at its end."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the client there, with its method and body."""
        path = scope["raw_path"].decode("latin-1")
        if not path.endswith("/"):  # it is a part of a name, as %2F
            raise HTTPException(404)
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        location = f"/{path.strip('/')}{query}"  # two slashes would begin the name of another host
        await Response(status_code=307, headers={"Location": location})(scope, receive, send)


NOWHERE, SLASHED = Nowhere(), Slashed()
