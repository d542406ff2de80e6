"""REST: KServe's endpoints, with its two inference routes replaced.

KServe reads a body by its content type, so that JSON sent by `curl -d` ends in a 500, decodes binary tensors without
checks, and sends a V2 answer through pydantic twice. These routes read JSON whatever its content type is called, make
every decoding error a 400, and write the answer with orjson.
"""

from collections.abc import Callable, Sequence

from fastapi import FastAPI
from kserve import InferRequest
from kserve.constants.constants import INFERENCE_CONTENT_LENGTH_HEADER
from kserve.errors import InvalidInput
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import metrics_handler
from kserve.protocol.rest.v1_endpoints import register_v1_endpoints
from kserve.protocol.rest.v2_datamodels import InferenceRequest
from kserve.protocol.rest.v2_endpoints import register_v2_endpoints
from orjson import OPT_SERIALIZE_NUMPY, JSONDecodeError, dumps, loads
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from serving.dataplane import CapstanDataPlane, HealthEndpoints
from serving.errors import add_exception_handlers
from serving.guards.call import Guard, GuardMiddleware

MAX_BODY_BYTES = 2**20


def create_app(
    dataplane: CapstanDataPlane,
    extension: ModelRepositoryExtension,
    max_body_bytes: int,
    guards: Sequence[Guard] = (),
    draining: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """Return the REST application."""
    app = FastAPI(title="Capstan", docs_url=None, redoc_url=None)
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes)
    app.add_middleware(GuardMiddleware, guards=guards, draining=draining)  # the last that is added is the first asked
    app.add_route("/metrics", metrics_handler)
    health = HealthEndpoints(dataplane)
    app.add_route("/v2", health.metadata)
    app.add_route("/v2/health/ready", health.ready)
    app.add_route("/v2/models/{model_name}", health.model_metadata)
    app.add_route("/v2/models/{model_name}/ready", health.model_ready)
    endpoints = InferEndpoints(dataplane)
    # Before KServe's, for the first route that matches answers. All methods, so that GET is a 405: KServe's route of
    # a model's readiness would take `NAME:predict` for a model's name.
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    app.add_route("/v1/models/{model_name}:predict", endpoints.predict, methods)
    app.add_route("/v1/models/{model_name}:explain", endpoints.explain, methods)
    app.add_route("/v2/models/{model_name}/infer", endpoints.infer, methods)
    register_v1_endpoints(app, dataplane, extension)
    register_v2_endpoints(app, dataplane, extension)
    add_exception_handlers(app)
    return app


class InferEndpoints:
    """The inference routes of both protocols."""

    def __init__(self, dataplane: CapstanDataPlane):
        self.dataplane = dataplane

    async def predict(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:predict`."""
        payload = _loads(await _body(request))
        response, _ = await self.dataplane.infer(request.path_params["model_name"], payload, dict(request.headers))
        return Response(dumps(response, option=OPT_SERIALIZE_NUMPY), media_type="application/json")

    async def explain(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:explain`."""
        payload = _loads(await _body(request))
        response, _ = await self.dataplane.explain(request.path_params["model_name"], payload, dict(request.headers))
        return Response(dumps(response, option=OPT_SERIALIZE_NUMPY), media_type="application/json")

    async def infer(self, request: Request) -> Response:
        """V2: `POST /v2/models/NAME/infer`, with or without the binary tensor extension."""
        name, body = request.path_params["model_name"], await _body(request)
        size = request.headers.get(INFERENCE_CONTENT_LENGTH_HEADER)
        infer_request = _from_json(body, name) if size is None else _from_bytes(body, size, name)
        response, _ = await self.dataplane.infer(name, infer_request, dict(request.headers))
        content, json_size = response.to_rest()
        if json_size is None:
            return Response(dumps(content), media_type="application/json")
        headers = {INFERENCE_CONTENT_LENGTH_HEADER: str(json_size)}
        return Response(content, headers=headers, media_type="application/octet-stream")


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

        await self.app(scope, limited if scope["type"] == "http" else receive, send)


async def _body(request: Request) -> bytes:
    if request.method != "POST":
        raise HTTPException(405, f"{request.method} is not allowed here; use POST.", {"Allow": "POST"})
    return await request.body()


def _loads(body: bytes) -> object:
    try:
        return loads(body)
    except JSONDecodeError as error:
        raise InvalidInput(f"The body is no valid JSON: {error}. (NaN and Infinity are not JSON either.)") from None


def _from_json(body: bytes, name: str) -> InferRequest:
    payload = _loads(body)
    try:
        return InferRequest.from_inference_request(InferenceRequest.model_validate(payload), name)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the body"
        expected = '{"inputs": [{"name": ..., "shape": [n], "datatype": ..., "data": [...]}, ...]}'
        raise InvalidInput(f"{where}: {problem['msg']}. Expected {expected}.") from None


def _from_bytes(body: bytes, size: str, name: str) -> InferRequest:
    """Read the binary tensor extension: `size` bytes of JSON, then each tensor's bytes."""
    if not size.isascii() or not size.isdigit() or int(size) > len(body):
        raise InvalidInput(f"{INFERENCE_CONTENT_LENGTH_HEADER} is {size!r}; the body has {len(body)} bytes.")
    try:
        return InferRequest.from_bytes(body, int(size), name)
    except InvalidInput:
        raise
    except Exception as error:
        # KServe's decoder checks nothing, so anything can be raised here; all of it comes from the body.
        raise InvalidInput(f"The binary tensors cannot be read: {type(error).__name__} {error}") from None
