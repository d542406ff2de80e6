"""A capstone as a KServe model: it picks the variant that answers a request, predicts, logs and answers."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from kserve import Model
from kserve.errors import InvalidInput, ModelNotReady

from capstan.contract.resources import Limits
from capstan.rollout.state import ROLES, RolloutState
from predictions.log import PredictionLog
from serving import metrics
from serving.errors import VariantNotFound
from serving.guards.call import Call, current
from serving.model import codec_explain, log_lines
from serving.model.inference import Inference
from serving.model.payload import Payload
from serving.model.predictor import Predictor
from serving.model.reading import read
from serving.model.routing import VARIANT_HEADER, Background, choose
from serving.scoring.readiness import StoreProbe
from serving.scoring.variants import Variant

Answer = TypeVar("Answer")


class ServedModel(Model):
    """One capstone with the variants that are loaded, by role. A reload makes a new one; this one never changes.

    `unloadable` says why other roles are not, or not as the roll-out's state says.
    """

    def __init__(
        self,
        name: str,
        variants: Mapping[str, Variant],
        log: PredictionLog,
        state: RolloutState | None = None,
        unloadable: Mapping[str, str] | None = None,
    ):
        super().__init__(name)
        self.predictors = {role: Predictor(variant) for role, variant in variants.items()}
        self._shared = state is not None and state.traffic.shared
        self.state, self.unloadable, self.log = state or RolloutState(), dict(unloadable or {}), log
        self.main = self.predictors.get("champion") or next(iter(self.predictors.values()))
        self.limits: Limits = self.main.variant.loaded.task.LIMITS
        self.ready = True
        self._background = Background()
        champion = variants.get("champion")
        self._probe = StoreProbe(champion.transformer.check) if champion and champion.transformer else None

    def variants(self) -> dict[str, str]:
        """Return the version of each role that is loaded."""
        return {role: predictor.variant.version for role, predictor in self.predictors.items()}

    def versions(self) -> list[str]:
        """Return the versions that are loaded, the champion's first."""
        return list(dict.fromkeys(self.variants().values()))

    async def problem(self) -> str | None:
        """Return why plain requests are not answered, or None. A store that defaults stand in for is no reason."""
        champion = self.predictors.get("champion")
        if champion is None:
            return self._no_champion()
        return await self._probe.problem() if self._probe and not champion.variant.defaults else None

    def _no_champion(self) -> str:
        if reason := self.unloadable.get("champion"):
            return f"The champion of {self.name!r} is not loaded: {reason}"
        others = ", ".join(self.predictors)
        return f"{self.name!r} has no champion yet; ask for another variant by {VARIANT_HEADER}: {others}."

    async def healthy(self) -> bool:
        """Ready means that plain requests are answered: there is a champion, and its features can be read."""
        return await self.problem() is None

    def role_of(self, version: str) -> str:
        """Return the role of a version that is loaded. Raises VariantNotFound."""
        for role, loaded in self.variants().items():
            if loaded == version:
                return role
        raise VariantNotFound(
            f"{self.name!r} has no version {version[:80]!r} loaded; it has {', '.join(self.versions())}."
        )

    def header_for(self, version: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the header that asks for a version. Raises VariantNotFound, and InvalidInput for another variant."""
        named = headers.get(VARIANT_HEADER)
        if named is not None and named in ROLES and self.variants().get(named) == version:
            return {VARIANT_HEADER: named}
        role = self.role_of(version)
        if named is not None and named != role:
            raise InvalidInput(f"Version {version} is the {role}, but {VARIANT_HEADER} is {named!r}. Send only one.")
        return {VARIANT_HEADER: role}

    def pick(self, call: Call, headers: Mapping[str, str], payload: Payload[Any]) -> Predictor:
        """Return the variant that answers a request: the one it names, or that its key or a draw falls to.

        Records it in the call. Raises InvalidInput, VariantNotFound or ModelNotReady.
        """
        call.model = self.name
        named, role = VARIANT_HEADER in headers, "champion"
        if named or self._shared:  # else nothing is to choose, as for most requests
            role = choose(call, headers, self.state, payload.first, self.main.keys)
        if not named and role not in self.predictors:  # the challenger is gone: its keys are the champion's again
            role, call.routed_by = "champion", ""
        predictor = self.predictors.get(role)
        if predictor is None:
            if role not in ROLES:
                raise InvalidInput(f"{VARIANT_HEADER} is {role!r}; expected one of {', '.join(ROLES)}.")
            if named:
                raise VariantNotFound(f"{self.name!r} has no {role} loaded; it has {', '.join(self.predictors)}.")
            raise ModelNotReady(self.name, self._no_champion())
        call.version, call.variant = predictor.variant.version, predictor.variant.role
        return predictor

    async def predict(self, payload: Payload[Answer], headers: Mapping[str, str]) -> Answer:
        """Answer a request once its predictions are logged.

        Raises InvalidInput for what the client can correct, and Unavailable when the features or the log fail.
        """
        call = current.get()
        predictor = self.pick(call, headers, payload)
        if not predictor.variant.predicts:
            raise NotImplementedError(f"{predictor.variant.label} only streams: POST /v2/models/{self.name}/generate.")
        rows = await read(self.name, predictor.decoder, call, partial(payload.rows, predictor))
        inference = await predictor.predict(rows)
        answer = payload.answer(inference)
        await self.record(inference)
        challenger = self.predictors.get("challenger")
        if challenger and self.state.traffic.mode == "shadow" and predictor.variant.role == "champion":
            ids = inference.prediction_ids
            self._background.run(lambda: self._shadow(challenger, payload, ids), self.name)
        return answer

    async def explain(self, payload: Payload[Any], headers: Mapping[str, str]) -> dict[str, Any]:
        """Explain the predictions of a request. Explanations are not logged."""
        call = current.get()
        predictor = self.pick(call, headers, payload)
        rows = await read(self.name, predictor.decoder, call, partial(payload.rows, predictor))
        return codec_explain.encode(*await predictor.explain(rows))

    async def event(self, events: Sequence[object]) -> list[dict[str, Any]]:
        """Apply events, as the champion's task says; return each entity that they are of, and what is known of it now.

        Raises InvalidInput, NotImplementedError without events, and Unavailable when the online store fails.
        """
        predictor, call = self.main, current.get()
        call.model, call.version, call.variant = self.name, predictor.variant.version, predictor.variant.role
        if not (predictor.events and predictor.event_decoder):
            raise NotImplementedError(f"{predictor.variant.label} takes no events.")
        rows = await read(self.name, predictor.event_decoder, call, lambda: events)
        return await predictor.events.apply([row.request for row in rows], call.client)

    async def record(self, inference: Inference) -> None:
        """Log some predictions. Raises Unavailable when they cannot be."""
        await self.log.append(log_lines.encode(self.name, inference, current.get()))
        variant = inference.variant
        metrics.of(self.name, variant.version, variant.role).records.inc(len(inference.rows))

    async def _shadow(self, challenger: Predictor, payload: Payload[Any], ids: list[str]) -> None:
        """Predict for the log what the challenger would have answered, under the ids of the answers given."""
        rows = await read(self.name, challenger.decoder, current.get(), partial(payload.rows, challenger))
        own = await challenger.predict(rows)
        own.prediction_ids, own.shadow = ids, True
        await self.record(own)
