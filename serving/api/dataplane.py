"""What the server says of itself: metadata and readiness, the same for REST and gRPC."""

import asyncio
from typing import Any

from kserve.protocol.dataplane import DataPlane

from capstan import catalogue
from capstan.settings import settings
from serving.model.codec_v2 import TEXTS
from serving.model.repository import CapstoneRepository

STOPPING = "The server is about to stop."
STANDBY = "It is not in memory. Its first request loads it."
EXTENSIONS = ["model_repository_extension", "binary_tensor_data", "generate"]


class CapstanDataPlane(DataPlane):
    """KServe's data plane, which reports truthfully what can be answered.

    `draining` is set when the server is about to stop.
    """

    draining = False

    def __init__(self, repository: CapstoneRepository):
        super().__init__(repository)
        self.repository = repository

    def metadata(self) -> dict[str, Any]:
        """Return what the server is, and which extensions of V2 it has."""
        return dict(super().metadata()) | {"name": "capstan", "extensions": EXTENSIONS}

    async def description(self) -> dict[str, Any]:
        """Return the metadata, what is served, what is loading, and why other capstones are not ready."""
        return self.metadata() | {
            "models": {name: model.versions() for name, model in self.repository.models.items()},
            "loading": sorted(self.repository.loading),
            "standby": sorted(self.repository.standby),
            "failures": self.repository.failures,
            "not_ready": await self.problems(),
            "unread": self.repository.unread,
        }

    def describe(self, name: str, version: str | None = None) -> dict[str, Any]:
        """Return a model's metadata: its tensors, loaded versions, and what a client needs to make a form of it.

        Its schemas are those of a version, by default the champion's. Raises ModelNotFound and VariantNotFound.
        """
        model = self.repository.served(name)
        predictor = model.predictors[model.role_of(version)] if version else model.main
        outputs = [*predictor.outputs.values(), *TEXTS]
        return {
            "name": name,
            "platform": "mlflow_pyfunc",
            "inputs": [tensor.metadata() for tensor in predictor.inputs.values()],
            "outputs": [tensor.metadata() for tensor in outputs],
            "title": predictor.title,
            "versions": model.versions(),
            "variants": model.variants(),
            "unloadable": model.unloadable,
            "explains": predictor.variant.explains,
            "predicts": predictor.variant.predicts,
            "streams": predictor.variant.streams,
            "chats": predictor.variant.chats,
            "request_schema": predictor.request_schema,
            "prediction_schema": predictor.prediction_schema,
            "examples": predictor.examples,
            **({"event_schema": predictor.event_schema} if predictor.event_schema else {}),
            **({"actual_schema": predictor.actual_schema} if predictor.actual_schema else {}),
        }

    async def index(self) -> list[dict[str, str]]:
        """Return every capstone with its loaded versions, and what could not be loaded with the reason."""
        repository, rows = self.repository, []
        for name in catalogue.names():
            model = repository.models.get(name)
            if model is None:
                loading = "It is loading." if name in repository.loading else "It is not loaded."
                known = STANDBY if name in repository.standby else loading
                reason = repository.failures.get(name, known)
                rows.append({"name": name, "version": "", "state": "UNAVAILABLE", "reason": reason})
                continue
            problem = await self.model_problem(name)
            state = {"state": "UNAVAILABLE" if problem else "READY", "reason": problem or ""}
            rows += [{"name": name, "version": version} | state for version in model.versions()]
            for role, reason in model.unloadable.items():
                version = getattr(model.state, role)
                rows.append({"name": name, "version": version, "state": "UNAVAILABLE", "reason": f"{role}: {reason}"})
        return rows

    async def problem(self) -> str | None:
        """Return why requests should go elsewhere, or None.

        One capstone that is loading or broken is no reason: the others answer. It is one where `CAPSTAN_SERVE` names
        the capstones of this process, as in the pod of one: it should get no requests before it can answer them.
        """
        if self.draining:
            return STOPPING
        if self.repository.unread:
            return self.repository.unread
        if not settings().serve:
            return None
        problems = await self.problems()
        return next((f"{name!r} is not ready: {problems[name]}" for name in sorted(problems)), None)

    async def problems(self) -> dict[str, str]:
        """Return why plain requests are not answered, by capstone. One without a champion is not among them."""
        repository = self.repository
        models = [model for model in repository.models.values() if "champion" in model.predictors]
        reasons = await asyncio.gather(*(model.problem() for model in models))
        return (
            {model.name: reason for model, reason in zip(models, reasons, strict=True) if reason}
            | {name: repository.failures[name] for name in repository.blocking}
            | dict.fromkeys(repository.loading, "It is loading.")
        )

    async def model_problem(self, name: str) -> str | None:
        """Return why plain requests for a model are not answered, or None. Raises ModelNotFound.

        One on standby is ready: its first request waits for it, and a client that waited before asking would wait for
        ever.
        """
        if self.draining:
            return STOPPING
        if name in self.repository.standby:
            return None
        return await self.repository.served(name).problem()

    async def ready(self) -> bool:
        """Return whether requests may come."""
        return await self.problem() is None

    async def model_ready(self, model_name: str, disable_predictor_health_check: bool = False) -> bool:
        """Return whether plain requests for a model are answered. Raises ModelNotFound and Loading."""
        return await self.model_problem(model_name) is None
