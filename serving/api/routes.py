"""REST other than predictions: health, metadata, and the model repository.

KServe's own routes give no reasons, take no HEAD, and answer requests for a version with a 501.
"""

import asyncio

from kserve.protocol.rest.server import metrics_handler
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute

from capstan.errors import Unavailable
from serving.api.body import read_object
from serving.api.dataplane import CapstanDataPlane
from serving.api.router import ApiRoute
from serving.guards.call import Kind
from serving.model.repository import CapstoneRepository


class ModelName(StringConvertor):
    """A part of a path without a colon, or GET would find a model of the name `NAME:predict`."""

    regex = "[^/:]+"


register_url_convertor("model", ModelName())
MODEL = "{model_name:model}"


class Routes:
    """One method for each route; see `routes`."""

    def __init__(self, dataplane: CapstanDataPlane, repository: CapstoneRepository):
        self.dataplane, self.repository = dataplane, repository

    def routes(self) -> list[BaseRoute]:
        """Return the routes; the first that matches answers."""
        model, version = f"/v2/models/{MODEL}", f"/v2/models/{MODEL}/versions/{{model_version}}"
        repository = f"/v2/repository/models/{MODEL}"
        return [
            ApiRoute("/metrics", metrics_handler, Kind.PROBE),
            ApiRoute("/v1/models", self.models_v1),
            ApiRoute(f"/v1/models/{MODEL}", self.model_ready),
            ApiRoute("/v2", self.metadata),
            ApiRoute("/v2/health/live", self.live, Kind.PROBE),
            ApiRoute("/v2/health/ready", self.ready, Kind.PROBE),
            ApiRoute("/v2/models", self.models),
            *(ApiRoute(path, self.model_metadata) for path in (model, version)),
            *(ApiRoute(f"{path}/ready", self.model_ready, Kind.PROBE) for path in (model, version)),
            ApiRoute("/v2/repository/index", self.index, methods=["POST"]),
            ApiRoute(f"{repository}/load", self.load, methods=["POST"]),
            ApiRoute(f"{repository}/unload", self.unload, methods=["POST"]),
            ApiRoute(f"{repository}/flush", self.flush, methods=["POST"]),
        ]

    async def metadata(self, request: Request) -> JSONResponse:
        """What is served, what is loading, and why other capstones are not."""
        return JSONResponse(await self.dataplane.description())

    async def live(self, request: Request) -> JSONResponse:
        """Whether the process answers."""
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> JSONResponse:
        """Whether the server answers for what is ready, or a 503 with the reason."""
        if problem := await self.dataplane.problem():
            raise Unavailable(problem)
        return JSONResponse({"ready": True})

    async def models(self, request: Request) -> JSONResponse:
        """The names of the models that are served."""
        return JSONResponse({"models": self.repository.names()})

    async def models_v1(self, request: Request) -> JSONResponse:
        """The same, and as OpenAI's clients read them. When a model was created is not known here."""
        names = self.repository.names()
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "capstan"} for name in names]
        return JSONResponse({"models": names, "object": "list", "data": data})

    async def model_metadata(self, request: Request) -> JSONResponse:
        """A model's tensors, loaded versions and what a form of it needs."""
        parameters = request.path_params
        await self.repository.load_for_use(parameters["model_name"])
        return JSONResponse(self.dataplane.describe(parameters["model_name"], parameters.get("model_version")))

    async def model_ready(self, request: Request) -> JSONResponse:
        """Whether a model's predictions are answered, or a 503 with the reason."""
        name, version = request.path_params["model_name"], request.path_params.get("model_version")
        if version is not None:
            await self.repository.load_for_use(name)
            self.repository.served(name).role_of(version)
        if problem := await self.dataplane.model_problem(name):
            raise Unavailable(problem)
        return JSONResponse({"name": name, "ready": True})

    async def index(self, request: Request) -> JSONResponse:
        """Every capstone: whether it is served, and why not."""
        wanted = read_object(await request.body(), {"ready": bool})
        rows = await self.dataplane.index()
        return JSONResponse([row for row in rows if row["state"] == "READY" or not wanted.get("ready")])

    async def load(self, request: Request) -> JSONResponse:
        """Read the roll-out of a model again, load what has a role, and swap."""
        name = request.path_params["model_name"]
        read_object(await request.body(), {})  # Triton's clients may send a configuration; ours is the registry
        model = await self.repository.load(name)
        answer = {"name": name, "load": True, "variants": model.variants(), "unloadable": model.unloadable}
        return JSONResponse(answer)

    async def unload(self, request: Request) -> JSONResponse:
        """Stop serving a model."""
        name = request.path_params["model_name"]
        read_object(await request.body(), {"parameters": dict})
        await self.repository.unload(name)
        return JSONResponse({"name": name, "unload": True})

    async def flush(self, request: Request) -> JSONResponse:
        """Turn what was written ahead into parquet; `left` are the segments of a model that other servers write."""
        name = request.path_params["model_name"]
        read_object(await request.body(), {})
        left = await asyncio.to_thread(self.repository.log.flush, name)
        return JSONResponse({"name": name, "left": left})
