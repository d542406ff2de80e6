"""What the server says of itself: metadata and readiness, the same for REST and gRPC."""

import asyncio

from kserve.errors import InvalidInput, ModelNotFound
from kserve.protocol.dataplane import DataPlane

from serving.errors import VariantNotFound
from serving.model.capstone import VARIANT_HEADER, CapstoneModel


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
        return super().metadata() | {
            "name": "capstan",
            "extensions": ["model_repository_extension", "binary_tensor_data"],
            "models": models,
            "failures": self.model_registry.failures,
        }

    def alias_of(self, name: str, version: str) -> str:
        """Return the alias that a loaded version answers to. Raises ModelNotFound and VariantNotFound."""
        model = self.get_model_from_registry(name)
        for alias, variant in model.variants.items():
            if variant.version == version:
                return alias
        raise VariantNotFound(f"{name!r} has no version {version[:80]!r} loaded; it has {', '.join(model.versions())}.")

    def ask_for(self, name: str, version: str, headers: dict[str, str]) -> dict[str, str]:
        """Return the header that asks for a version. Raises what `alias_of` does, and InvalidInput."""
        alias, named = self.alias_of(name, version), headers.get(VARIANT_HEADER)
        if named is not None and named != alias:
            raise InvalidInput(f"Version {version} is the {alias}, but {VARIANT_HEADER} is {named!r}. Send only one.")
        return {VARIANT_HEADER: alias}

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

    async def index(self) -> list[dict]:
        """Return every capstone with its loaded versions: whether it is served, and why not."""
        rows = []
        for name in self.model_registry.capstones():
            model, reason = self.model_registry.get_model(name), self.model_registry.failures.get(name)
            if model is None:
                row = {"state": "UNAVAILABLE", "reason": reason or "It is not loaded."}
                rows.append({"name": name, "version": ""} | row)
            else:
                problem = await self.model_problem(name)
                row = {"state": "UNAVAILABLE" if problem else "READY", "reason": problem or ""}
                rows += [{"name": name, "version": version} | row for version in model.versions()]
        return rows

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
