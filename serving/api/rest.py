"""REST: KServe's protocols, by routes of our own.

KServe reads a body by its content type, so that JSON sent by `curl -d` ends in a 500, decodes binary tensors without
checks, and sends a V2 answer through pydantic twice. These routes read JSON whatever its content type is called, make
every decoding error a 400, and write the answer with orjson.
"""

from collections.abc import Callable, Sequence

from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from orjson import OPT_SERIALIZE_NUMPY, dumps
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from serving import page
from serving.api.body import inflate, read_json
from serving.api.dataplane import CapstanDataPlane
from serving.api.openapi import OpenApi
from serving.api.routes import MODEL, Endpoints
from serving.api.tensors import SIZE_HEADER, read
from serving.errors import HANDLERS
from serving.guards.authentication import Authentication
from serving.guards.call import Guard, GuardMiddleware

MAX_BODY_BYTES = 2**20


def create_app(
    dataplane: CapstanDataPlane,
    extension: ModelRepositoryExtension,
    max_body_bytes: int,
    guards: Sequence[Guard] = (),
    draining: Callable[[], bool] = lambda: False,
) -> Starlette:
    """Return the REST application."""
    endpoints = InferEndpoints(dataplane)
    secured = any(isinstance(guard, Authentication) for guard in guards)
    app = Starlette(
        # The first route that matches answers.
        routes=[
            *endpoints.routes(),
            *page.routes(),
            *Endpoints(dataplane, extension).routes(),
            Route("/openapi.json", OpenApi(dataplane, secured).document),
        ],
        middleware=[  # the first is the first asked
            Middleware(GuardMiddleware, guards=guards, draining=draining),
            Middleware(BodyLimit, max_bytes=max_body_bytes),
        ],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes = False
    return app


class InferEndpoints:
    """The inference routes of both protocols."""

    def __init__(self, dataplane: CapstanDataPlane):
        self.dataplane = dataplane

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(f"/v1/models/{MODEL}:predict", self.predict, methods=["POST"]),
            Route(f"/v1/models/{MODEL}:explain", self.explain, methods=["POST"]),
            Route(f"/v2/models/{MODEL}/infer", self.infer, methods=["POST"]),
            Route(f"/v2/models/{MODEL}/versions/{{model_version}}/infer", self.infer, methods=["POST"]),
        ]

    async def predict(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:predict`."""
        payload = read_json(await request.body())
        response, _ = await self.dataplane.infer(request.path_params["model_name"], payload, dict(request.headers))
        return Response(dumps(response, option=OPT_SERIALIZE_NUMPY), media_type="application/json")

    async def explain(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:explain`."""
        payload = read_json(await request.body())
        response, _ = await self.dataplane.explain(request.path_params["model_name"], payload, dict(request.headers))
        return Response(dumps(response, option=OPT_SERIALIZE_NUMPY), media_type="application/json")

    async def infer(self, request: Request) -> Response:
        """V2: `POST /v2/models/NAME/infer`, with or without the binary tensor extension."""
        name, body = request.path_params["model_name"], await request.body()
        headers, version = dict(request.headers), request.path_params.get("model_version")
        if version is not None:
            headers |= self.dataplane.ask_for(name, version, headers)
        infer_request = read(body, headers.get(SIZE_HEADER), name)
        response, _ = await self.dataplane.infer(name, infer_request, headers)
        content, json_size = response.to_rest()
        if json_size is None:
            return Response(dumps(content), media_type="application/json")
        return Response(content, headers={SIZE_HEADER: str(json_size)}, media_type="application/octet-stream")


class BodyLimit:
    """ASGI middleware: a body over the limit ends in a 413 before it is in memory."""

    def __init__(self, app, max_bytes: int):
        self.app, self.max_bytes = app, max_bytes

    async def __call__(self, scope, receive, send) -> None:
        received = 0

        async def limited():
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise HTTPException(413, f"The body is larger than {self.max_bytes} bytes; send fewer rows.")
            return message

        await self.app(scope, inflate(scope, limited, self.max_bytes) if scope["type"] == "http" else receive, send)
