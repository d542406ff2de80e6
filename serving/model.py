"""A capstone as a KServe model: decode and look up features, predict, encode."""

import asyncio
import logging
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from kserve import InferRequest, InferResponse, Model
from kserve.errors import InferenceError, InvalidInput, ModelNotReady
from pydantic import BaseModel

from serving import codec_explain, codec_v1, codec_v2, metrics
from serving.errors import Unavailable, VariantNotFound, one_line
from serving.explain import Explanation, explain
from serving.guards.call import Call, Kind, current
from serving.predictions import records
from serving.predictions.log import PredictionLog
from serving.readiness import StoreProbe
from serving.routing import Router
from serving.rows import RowDecoder
from serving.transformer import Report
from serving.variants import ALIASES, Variant

log = logging.getLogger("serving")
VARIANT_HEADER = "x-capstan-variant"
STORE_TIMEOUT = 2  # seconds


@dataclass
class Batch:
    """The rows of one request on their way through the model: `columns` have n values, the lists n items."""

    variant: Variant
    requests: list[BaseModel]
    columns: dict[str, list]
    reports: list[Report]
    return_features: bool
    infer_request: InferRequest | None  # None: the V1 protocol

    scores: np.ndarray | None = None
    prediction_ids: list[str] | None = None
    explanation: Explanation | None = None


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
        self.router = router or Router()
        self.rows = RowDecoder(request_type)
        self.title = title  # one line, for people
        self.request_schema = request_type.model_json_schema()
        self.ready = True
        champion = variants.get("champion")
        self._probe = StoreProbe(champion.transformer.check) if champion and champion.transformer else None

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
        alias = named or self.router.route(headers, request)
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

    async def preprocess(self, payload: dict | InferRequest, headers: dict[str, str] | None = None) -> Batch:
        """Validate the rows and look up their features. Raises InvalidInput for what the client can mend."""
        call = current.get() or Call(Kind.PREDICT, {})
        call.model = self.name
        infer_request = payload if isinstance(payload, InferRequest) else None
        rows, return_features = (codec_v1 if infer_request is None else codec_v2).decode(payload, self.rows)
        requests = self.rows.validate(rows)
        call.rows = len(requests)
        variant = self.pick(headers or {}, requests[0])
        call.version, call.variant = variant.version, variant.alias
        columns, reports = await self._features(variant, requests)
        return Batch(variant, requests, columns, reports, return_features, infer_request)

    async def _features(self, variant: Variant, requests: list[BaseModel]) -> tuple[dict[str, list], list[Report]]:
        # In a thread, for 0.1 ms: an online store that hangs must stop neither the health probes nor other capstones.
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                return await asyncio.to_thread(variant.transform, requests)
        except (TimeoutError, Unavailable) as error:
            late = isinstance(error, TimeoutError)
            problem = f"The online store has not answered within {STORE_TIMEOUT} s." if late else str(error)
        if not variant.defaults:
            raise Unavailable(problem)
        log.warning("%s: answered by FEATURE_DEFAULTS: %s", self.name, one_line(problem))
        return variant.fall_back(requests)

    async def predict(self, payload: Batch, headers: dict[str, str] | None = None) -> Batch:
        """Score the rows."""
        payload.scores = payload.variant.predict(payload.columns)
        if payload.scores.shape != (len(payload.requests),) or not np.isfinite(payload.scores).all():
            raise InferenceError(f"Version {payload.variant.version} of {self.name!r} gave no finite score a row.")
        payload.prediction_ids = [str(uuid4()) for _ in payload.requests]
        return payload

    async def explain(self, payload: Batch, headers: dict[str, str] | None = None) -> Batch:
        """Explain the rows' scores. Raises NotImplementedError where the model does not."""
        payload.explanation = await explain(self.name, payload.variant, payload.columns, len(payload.requests))
        return payload

    async def postprocess(self, result: Batch, headers: dict[str, str] | None = None) -> dict | InferResponse:
        """Answer in the protocol of the request, once it is logged. Raises Unavailable when it cannot be."""
        if result.explanation is not None:
            return codec_explain.encode(result)
        answer = codec_v1.encode(result) if result.infer_request is None else codec_v2.encode(self.name, result)
        await self._record(result)
        challenger = self.variants.get("challenger")
        if challenger and self.router.traffic.mode == "shadow" and result.variant.alias == "champion":
            self.router.beside(lambda: self._shadow(challenger, result), self.name)
        return answer

    async def _record(self, batch: Batch) -> None:
        await self.log.append(records.encode(self.name, batch))
        metrics.records.labels(self.name, batch.variant.version, batch.variant.alias).inc(len(batch.requests))

    async def _shadow(self, challenger: Variant, answered: Batch) -> None:
        """Predict for the log what the challenger would have answered, under the ids of the answers given."""
        columns, reports = await self._features(challenger, answered.requests)
        own = Batch(challenger, answered.requests, columns, reports, False, answered.infer_request)
        own = await self.predict(own)
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
