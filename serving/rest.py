"""REST: KServe's protocols, by our own routes.

KServe reads a body by its content type, so that JSON sent by `curl -d` ends in a 500, and decodes binary tensors
without checks. These routes read JSON whatever its content type is called, and make every decoding error a 400.
"""

from collections.abc import Callable, Sequence
from typing import Any

from kserve.errors import InvalidInput
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from predictions.json_text import dumps
from serving import page
from serving.api.actuals import Actuals
from serving.api.body import read_json
from serving.api.dataplane import CapstanDataPlane
from serving.api.generate import Generate
from serving.api.openai import OpenAI
from serving.api.openapi import OpenApi
from serving.api.origins import Origins
from serving.api.router import ApiRoute, Application
from serving.api.routes import MODEL, Routes
from serving.api.tensors import SIZE_HEADER, read, write
from serving.guards.authentication import Authentication
from serving.guards.call import Guard, Kind
from serving.model.codec_v1 import V1Payload
from serving.model.repository import CapstoneRepository
from serving.monitoring.routes import Monitoring


def create_app(
    dataplane: CapstanDataPlane,
    max_body_bytes: int,
    guards: Sequence[Guard] = (),
    draining: Callable[[], bool] = lambda: False,
    allowed_hosts: Sequence[str] = (),
) -> Application:
    """Return the REST application. allowed_hosts: those whose pages may ask it."""
    repository = dataplane.repository
    secured = any(isinstance(guard, Authentication) for guard in guards)
    routes = [
        *InferRoutes(repository).routes(),
        *Generate(repository).routes(),
        *OpenAI(repository).routes(),
        *Actuals(repository).routes(),
        *Monitoring(repository, secured).routes(),
        *page.routes(),
        *Routes(dataplane, repository).routes(),
        ApiRoute("/openapi.json", OpenApi(repository, secured).document),
    ]
    return Application(routes, guards, max_body_bytes, draining, repository.limits, Origins(allowed_hosts))


class InferRoutes:
    """The inference routes of both protocols."""

    def __init__(self, repository: CapstoneRepository):
        self.repository = repository

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        infer: dict[str, Any] = {"endpoint": self.infer, "kind": Kind.PREDICT, "methods": ["POST"]}
        return [
            ApiRoute(f"/v1/models/{MODEL}:predict", self.predict, Kind.PREDICT, methods=["POST"]),
            ApiRoute(f"/v1/models/{MODEL}:explain", self.explain, Kind.PREDICT, methods=["POST"]),
            ApiRoute(f"/v1/models/{MODEL}:event", self.event, Kind.PREDICT, methods=["POST"]),
            ApiRoute(f"/v1/models/{MODEL}:events", self.events, Kind.PREDICT, methods=["POST"]),
            ApiRoute(f"/v2/models/{MODEL}/infer", **infer),
            ApiRoute(f"/v2/models/{MODEL}/versions/{{model_version}}/infer", **infer),
        ]

    async def predict(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:predict`."""
        payload = read_json((await request.receive())["body"])
        model = self.repository.served(request.path_params["model_name"])
        return Response(dumps(await model.predict(V1Payload(payload), request.headers)), media_type="application/json")

    async def explain(self, request: Request) -> Response:
        """V1: `POST /v1/models/NAME:explain`."""
        payload = read_json((await request.receive())["body"])
        model = self.repository.served(request.path_params["model_name"])
        return Response(dumps(await model.explain(V1Payload(payload), request.headers)), media_type="application/json")

    async def event(self, request: Request) -> Response:
        """`POST /v1/models/NAME:event`: one event."""
        payload = read_json((await request.receive())["body"])
        model = self.repository.served(request.path_params["model_name"])
        [answer] = await model.event([payload])
        return Response(dumps(answer), media_type="application/json")

    async def events(self, request: Request) -> Response:
        """`POST /v1/models/NAME:events`: `{"events": [{...}, ...]}`, which are applied together or not at all.

        The answer has a line for each entity, not for each event: what is known may be large.
        """
        payload = read_json((await request.receive())["body"])
        if not isinstance(payload, dict) or payload.keys() != {"events"} or not isinstance(payload["events"], list):
            raise InvalidInput('Expected {"events": [{...}, ...]}.')
        model = self.repository.served(request.path_params["model_name"])
        return Response(dumps({"entities": await model.event(payload["events"])}), media_type="application/json")

    async def infer(self, request: Request) -> Response:
        """V2: `POST /v2/models/NAME/infer`, with or without the binary tensor extension."""
        body, headers, version = (
            (await request.receive())["body"],
            request.headers,
            request.path_params.get("model_version"),
        )
        model = self.repository.served(request.path_params["model_name"])
        payload = read(body, headers.get(SIZE_HEADER))
        if version is None:
            return write(await model.predict(payload, headers))
        return write(await model.predict(payload, dict(headers) | model.header_for(version, headers)))
