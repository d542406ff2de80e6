"""A capstone as a KServe model: decode, score, encode."""

import weakref
from uuid import uuid4

import numpy as np
from kserve import InferRequest, InferResponse, Model
from kserve.errors import InferenceError, InvalidInput, ModelNotReady
from kserve.model import InferenceVerb
from pydantic import BaseModel

from capstan.settings import settings
from serving import metrics
from serving.errors import VariantNotFound
from serving.guards.call import Call, Kind, current
from serving.model import codec_explain, codec_v1, codec_v2
from serving.model.inference import Inference
from serving.model.routing import Router
from serving.model.rows import RowDecoder
from serving.predictions import records
from serving.predictions.log import PredictionLog
from serving.scoring.batching import Batcher
from serving.scoring.explanations import explain
from serving.scoring.readiness import StoreProbe
from serving.scoring.scorer import Scorer
from serving.scoring.variants import ALIASES, Variant

VARIANT_HEADER = "x-capstan-variant"


class CapstoneModel(Model):
    """One capstone with its variants, alias -> variant. A reload makes a new one; this one never changes."""

    def __init__(
        self,
        name: str,
        request_type: type[BaseModel],
        variants: dict[str, Variant],
        log: PredictionLog,
        router: Router | None = None,
        title: str = "",
    ):
        super().__init__(name)
        self.variants, self.log = variants, log
        self.scorers = {alias: Scorer(name, variant) for alias, variant in variants.items()}
        self.batchers = {alias: self._batcher(scorer) for alias, scorer in self.scorers.items()}
        self.router = router or Router()
        self.rows = RowDecoder(request_type)
        self.title = title  # one line, for people
        self.request_schema = request_type.model_json_schema()
        self.ready = True
        champion = variants.get("champion")
        self._probe = StoreProbe(champion.transformer.check) if champion and champion.transformer else None

    def _batcher(self, scorer: Scorer) -> Batcher:
        labels = (self.name, scorer.variant.version, scorer.variant.alias)
        batches = metrics.batch_requests.labels(*labels), metrics.batch_rows.labels(*labels)
        own = settings()
        batcher = Batcher(scorer.score, own.batch_rows, own.batch_delay, *(sizes.observe for sizes in batches))
        # Weakly, or the gauge of a version that was replaced would keep its model in memory.
        held = weakref.ref(batcher)
        metrics.batch_waiting.labels(*labels).set_function(lambda: found.waiting if (found := held()) else 0)
        return batcher

    async def problem(self) -> str | None:
        """Return why plain requests are not answered, or None. A store that defaults stand in for is no reason."""
        champion = self.variants.get("champion")
        if champion is None:
            return f"{self.name!r} has no champion yet."
        return await self._probe.problem() if self._probe and not champion.defaults else None

    async def healthy(self) -> bool:
        """Ready means that plain requests are answered: there is a champion, and its features can be read."""
        return await self.problem() is None

    def pick(self, headers: dict[str, str], request: BaseModel) -> Variant:
        """Return the variant that answers a request: the one it names, or else the one its first row's key falls to.

        Raises InvalidInput, VariantNotFound or ModelNotReady.
        """
        named = headers.get(VARIANT_HEADER)
        alias = self.router.route(headers, request) if named is None else named
        if alias in self.variants:
            return self.variants[alias]
        if alias not in ALIASES:
            raise InvalidInput(f"{VARIANT_HEADER} is {alias!r}; expected one of {', '.join(ALIASES)}.")
        if named:
            raise VariantNotFound(f"{self.name!r} has no {alias} loaded; it has {', '.join(self.variants)}.")
        if "champion" in self.variants:  # the challenger of a roll-out is gone: its keys are the champion's again
            return self.variants["champion"]
        raise ModelNotReady(
            self.name, f"It has no champion yet; its challenger answers requests with {VARIANT_HEADER}: challenger."
        )

    async def __call__(self, body, headers=None, verb: InferenceVerb = InferenceVerb.PREDICT) -> tuple[object, dict]:
        """Answer a request. (KServe's own also times each step, for a twelfth of the time that a request takes.)"""
        inference = await self.preprocess(body, headers)
        step = self.explain if verb == InferenceVerb.EXPLAIN else self.predict
        return await self.postprocess(await step(inference, headers), headers), {}

    async def preprocess(self, payload: dict | InferRequest, headers: dict[str, str] | None = None) -> Inference:
        """Validate the rows and choose their variant. Raises InvalidInput for what the client can mend."""
        call = current.get() or Call(Kind.PREDICT, {})
        call.model = self.name
        infer_request = payload if isinstance(payload, InferRequest) else None
        rows, return_features = (codec_v1 if infer_request is None else codec_v2).decode(payload, self.rows)
        requests = self.rows.validate(rows)
        call.rows = len(requests)
        variant = self.pick(headers or {}, requests[0])
        call.version, call.variant = variant.version, variant.alias
        return Inference(variant, requests, return_features, infer_request)

    async def predict(self, payload: Inference, headers: dict[str, str] | None = None) -> Inference:
        """Look up the rows' features and score them, together with those of other requests."""
        scored = await self.batchers[payload.variant.alias].predict(payload.requests)
        if not np.isfinite(scored.scores).all():
            raise InferenceError(f"Version {payload.variant.version} of {self.name!r} gave no finite score a row.")
        payload.columns, payload.reports, payload.scores = scored.columns, scored.reports, scored.scores
        payload.prediction_ids = [str(uuid4()) for _ in payload.requests]
        return payload

    async def explain(self, payload: Inference, headers: dict[str, str] | None = None) -> Inference:
        """Explain the rows' scores. Raises NotImplementedError where the model does not."""
        payload.columns, payload.reports = await self.scorers[payload.variant.alias].features(payload.requests)
        payload.explanation = await explain(self.name, payload.variant, payload.columns, len(payload.requests))
        return payload

    async def postprocess(self, result: Inference, headers: dict[str, str] | None = None) -> dict | InferResponse:
        """Answer in the protocol of the request, once it is logged. Raises Unavailable when it cannot be."""
        if result.explanation is not None:
            return codec_explain.encode(result)
        answer = codec_v1.encode(result) if result.infer_request is None else codec_v2.encode(self.name, result)
        await self._record(result)
        challenger = self.variants.get("challenger")
        if challenger and self.router.traffic.mode == "shadow" and result.variant.alias == "champion":
            self.router.beside(lambda: self._shadow(challenger, result), self.name)
        return answer

    async def _record(self, inference: Inference) -> None:
        await self.log.append(records.encode(self.name, inference))
        metrics.records.labels(self.name, inference.variant.version, inference.variant.alias).inc(
            len(inference.requests)
        )

    async def _shadow(self, challenger: Variant, answered: Inference) -> None:
        """Predict for the log what the challenger would have answered, under the ids of the answers given."""
        own = await self.predict(Inference(challenger, answered.requests, False, answered.infer_request))
        own.prediction_ids = answered.prediction_ids
        await self._record(own)

    def get_input_types(self) -> list[dict]:
        """One tensor a field of the request."""
        return codec_v2.input_types(self.rows)

    def get_output_types(self) -> list[dict]:
        """The tensors of an answer."""
        return codec_v2.OUTPUT_TYPES

    @property
    def explains(self) -> bool:
        """Whether a variant that is loaded explains its predictions."""
        return any(variant.explains for variant in self.variants.values())

    def versions(self) -> list[str]:
        """The versions that are loaded, the champion's first."""
        return list(dict.fromkeys(variant.version for variant in self.variants.values()))
