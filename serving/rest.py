"""REST: KServe's protocols, by routes of our own.

KServe reads a body by its content type, so that JSON sent by `curl -d` ends in a 500, decodes binary tensors without
checks, and sends a V2 answer through pydantic twice. These routes read JSON whatever its content type is called, make
every decoding error a 400, and write the answer with orjson.
"""

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from orjson import OPT_SERIALIZE_NUMPY, dumps
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from serving import page
from serving.body import inflate, read_json
from serving.dataplane import CapstanDataPlane
from serving.endpoints import Endpoints
from serving.errors import add_exception_handlers
from serving.guards.authentication import Authentication
from serving.guards.call import Guard, GuardMiddleware
from serving.openapi import OpenApi
from serving.tensors import SIZE_HEADER, read

MAX_BODY_BYTES = 2**20


def create_app(
    dataplane: CapstanDataPlane,
    extension: ModelRepositoryExtension,
    max_body_bytes: int,
    guards: Sequence[Guard] = (),
    draining: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """Return the REST application."""
    app = FastAPI(title="Capstan", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    app.add_middleware(GuardMiddleware, guards=guards, draining=draining)  # the last that is added is the first asked
    endpoints = InferEndpoints(dataplane)
    # The first route that matches answers. All methods, so that GET is a 405: the route of a model's readiness would
    # take `NAME:predict` for a model's name.
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    app.add_route("/v1/models/{model_name}:predict", endpoints.predict, methods)
    app.add_route("/v1/models/{model_name}:explain", endpoints.explain, methods)
    app.add_route("/v2/models/{model_name}/infer", endpoints.infer, methods)
    app.add_route("/v2/models/{model_name}/versions/{model_version}/infer", endpoints.infer, methods)
    app.router.routes += [*page.routes(), *Endpoints(dataplane, extension).routes()]
    secured = any(isinstance(guard, Authentication) for guard in guards)
    app.add_route("/openapi.json", OpenApi(dataplane, secured).document)
    add_exception_handlers(app)
    return app


class InferEndpoints:
    """The inference routes of both protocols."""

    def __init__(self, dataplane: CapstanDataPlane):
        self.dataplane = dataplane

    async def predict(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:predict`."""
        payload = read_json(await _body(request))
        response, _ = await self.dataplane.infer(request.path_params["model_name"], payload, dict(request.headers))
        return Response(dumps(response, option=OPT_SERIALIZE_NUMPY), media_type="application/json")

    async def explain(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:explain`."""
        payload = read_json(await _body(request))
        response, _ = await self.dataplane.explain(request.path_params["model_name"], payload, dict(request.headers))
        return Response(dumps(response, option=OPT_SERIALIZE_NUMPY), media_type="application/json")

    async def infer(self, request: Request) -> Response:
        """V2: `POST /v2/models/NAME/infer`, with or without the binary tensor extension."""
        name, body = request.path_params["model_name"], await _body(request)
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


async def _body(request: Request) -> bytes:
    if request.method != "POST":
        raise HTTPException(405, f"{request.method} is not allowed here; use POST.", {"Allow": "POST"})
    return await request.body()
