"""What the server says of itself: metadata and readiness, the same for REST and gRPC."""

import asyncio

from kserve.errors import ModelNotFound
from kserve.protocol.dataplane import DataPlane
from starlette.requests import Request
from starlette.responses import JSONResponse

from serving.errors import Unavailable
from serving.model import CapstoneModel


class CapstanDataPlane(DataPlane):
    """KServe's data plane, which tells the truth about what can be answered.

    `draining` is set when the server is about to stop.
    """

    draining = False

    async def get_model(self, name: str) -> CapstoneModel:
        """Return a model that is loaded. (KServe would ask whether it is healthy, on every request.)"""
        return self.get_model_from_registry(name)

    def metadata(self) -> dict:
        """Return the server's metadata: what is served, and why other capstones are not."""
        models = {name: model.versions() for name, model in self.model_registry.get_models().items()}
        return super().metadata() | {"name": "capstan", "models": models, "failures": self.model_registry.failures}

    async def model_metadata(self, model_name: str) -> dict:
        """Return a model's inputs, outputs and loaded versions, and what a client needs to make a form of it."""
        metadata, model = await super().model_metadata(model_name), self.get_model_from_registry(model_name)
        return metadata | {
            "platform": "mlflow_pyfunc",
            "title": model.title,
            "versions": model.versions(),
            "variants": {alias: variant.version for alias, variant in model.variants.items()},
            "explains": model.explains,
            "request_schema": model.request_schema,
        }

    async def problem(self) -> str | None:
        """Return why requests should go elsewhere, or None. A capstone without a champion is no reason."""
        if self.draining:
            return "The server is about to stop."
        for name, failure in self.model_registry.failures.items():
            return f"{name!r} is not loaded: {failure}"
        models = [model for model in self.model_registry.get_models().values() if "champion" in model.variants]
        problems = await asyncio.gather(*(model.problem() for model in models))
        return next((problem for problem in problems if problem), None)

    async def model_problem(self, name: str) -> str | None:
        """Return why plain requests for a model are not answered, or None. Raises ModelNotFound."""
        if self.draining:
            return "The server is about to stop."
        if name in self.model_registry.failures:
            return f"{name!r} is not loaded: {self.model_registry.failures[name]}"
        if self.model_registry.get_model(name) is None:
            raise ModelNotFound(name)
        return await self.model_registry.get_model(name).problem()

    async def ready(self) -> bool:
        """Return whether requests may come."""
        return await self.problem() is None

    async def model_ready(self, model_name: str, disable_predictor_health_check: bool = False) -> bool:
        """Return whether plain requests for a model are answered. Raises ModelNotFound."""
        return await self.model_problem(model_name) is None


class HealthEndpoints:
    """REST: the probes, with a reason where KServe's have none, and the server's metadata."""

    def __init__(self, dataplane: CapstanDataPlane):
        self.dataplane = dataplane

    async def metadata(self, request: Request) -> JSONResponse:
        """`GET /v2`."""
        return JSONResponse(self.dataplane.metadata())

    async def model_metadata(self, request: Request) -> JSONResponse:
        """`GET /v2/models/NAME`. KServe's own route leaves out what its protocol does not have."""
        return JSONResponse(await self.dataplane.model_metadata(request.path_params["model_name"]))

    async def ready(self, request: Request) -> JSONResponse:
        """`GET /v2/health/ready`."""
        if problem := await self.dataplane.problem():
            raise Unavailable(problem)
        return JSONResponse({"ready": True})

    async def model_ready(self, request: Request) -> JSONResponse:
        """`GET /v2/models/NAME/ready`."""
        name = request.path_params["model_name"]
        if problem := await self.dataplane.model_problem(name):
            raise Unavailable(problem)
        return JSONResponse({"name": name, "ready": True})
