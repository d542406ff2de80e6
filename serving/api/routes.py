"""REST: what the server is asked beside predictions. Health, metadata, and the model repository.

KServe's own routes give no reasons, take no HEAD, and answer requests for a version with a 501.
"""

from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import metrics_handler
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from serving.api.body import read_object
from serving.api.dataplane import CapstanDataPlane
from serving.errors import Unavailable


class ModelName(StringConvertor):
    """A part of a path without a colon, or GET would find a model of the name `NAME:predict`."""

    regex = "[^/:]+"


register_url_convertor("model", ModelName())
MODEL = "{model_name:model}"


class Endpoints:
    """One method a route; see `routes`."""

    def __init__(self, dataplane: CapstanDataPlane, extension: ModelRepositoryExtension):
        self.dataplane, self.extension = dataplane, extension

    def routes(self) -> list[BaseRoute]:
        """Return the routes, the first that matches answers."""
        model, version = f"/v2/models/{MODEL}", f"/v2/models/{MODEL}/versions/{{model_version}}"
        repository = f"/v2/repository/models/{MODEL}"
        return [
            Route("/metrics", metrics_handler),
            Route("/v1/models", self.models),
            Route(f"/v1/models/{MODEL}", self.model_ready),
            Route("/v2", self.metadata),
            Route("/v2/health/live", self.live),
            Route("/v2/health/ready", self.ready),
            Route("/v2/models", self.models),
            *(Route(path, self.model_metadata) for path in (model, version)),
            *(Route(f"{path}/ready", self.model_ready) for path in (model, version)),
            Route("/v2/repository/index", self.index, methods=["POST"]),
            Route(f"{repository}/load", self.load, methods=["POST"]),
            Route(f"{repository}/unload", self.unload, methods=["POST"]),
        ]

    async def metadata(self, request: Request) -> JSONResponse:
        """What is served, and why other capstones are not."""
        return JSONResponse(self.dataplane.metadata())

    async def live(self, request: Request) -> JSONResponse:
        """Whether the process answers."""
        return JSONResponse({"live": True})

    async def ready(self, request: Request) -> JSONResponse:
        """Whether predictions are answered, or a 503 with the reason."""
        if problem := await self.dataplane.problem():
            raise Unavailable(problem)
        return JSONResponse({"ready": True})

    async def models(self, request: Request) -> JSONResponse:
        """The names of the models that are served."""
        return JSONResponse({"models": list(self.dataplane.model_registry.get_models())})

    async def model_metadata(self, request: Request) -> JSONResponse:
        """A model's tensors, loaded versions and what a form of it needs."""
        return JSONResponse(await self.dataplane.model_metadata(self._name(request)))

    async def model_ready(self, request: Request) -> JSONResponse:
        """Whether a model's predictions are answered, or a 503 with the reason."""
        name = self._name(request)
        if problem := await self.dataplane.model_problem(name):
            raise Unavailable(problem)
        return JSONResponse({"name": name, "ready": True})

    async def index(self, request: Request) -> JSONResponse:
        """Every capstone: whether it is served, and why not."""
        wanted = read_object(await request.body(), {"ready": bool})
        rows = await self.dataplane.index()
        return JSONResponse([row for row in rows if row["state"] == "READY" or not wanted.get("ready")])

    async def load(self, request: Request) -> JSONResponse:
        """Read the registry's aliases of a model again, and swap it."""
        name = request.path_params["model_name"]
        read_object(await request.body(), {})  # Triton's clients may send a configuration; ours is the registry
        await self.extension.load(name)
        return JSONResponse({"name": name, "load": True})

    async def unload(self, request: Request) -> JSONResponse:
        """Stop serving a model."""
        name = request.path_params["model_name"]
        read_object(await request.body(), {"parameters": dict})
        await self.extension.unload(name)
        return JSONResponse({"name": name, "unload": True})

    def _name(self, request: Request) -> str:
        name, version = request.path_params["model_name"], request.path_params.get("model_version")
        if version is not None:
            self.dataplane.alias_of(name, version)
        return name
