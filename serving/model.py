"""A capstone as a KServe model: decode and look up features, predict, encode."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from kserve import InferRequest, InferResponse, Model
from kserve.errors import InferenceError, InvalidInput, ModelNotReady
from pydantic import BaseModel

from serving import codec_v1, codec_v2
from serving.errors import Unavailable, VariantNotFound
from serving.predictions import records
from serving.predictions.log import PredictionLog
from serving.rows import RowDecoder
from serving.transformer import Report
from serving.variants import ALIASES, Variant

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


class CapstoneModel(Model):
    """One capstone with its variants, alias -> variant. A reload makes a new one; this one never changes."""

    def __init__(self, name: str, request_type: type[BaseModel], variants: dict[str, Variant], log: PredictionLog):
        super().__init__(name)
        self.variants, self.log = variants, log
        self.rows = RowDecoder(request_type)
        self.ready = True

    async def healthy(self) -> bool:
        """Ready means that plain requests are answered: there is a champion."""
        return "champion" in self.variants

    def pick(self, headers: dict[str, str] | None) -> Variant:
        """Return the variant that a request asks for. Raises InvalidInput, VariantNotFound or ModelNotReady."""
        alias = (headers or {}).get(VARIANT_HEADER, "champion")
        if alias in self.variants:
            return self.variants[alias]
        if alias not in ALIASES:
            raise InvalidInput(f"{VARIANT_HEADER} is {alias!r}; expected one of {', '.join(ALIASES)}.")
        if VARIANT_HEADER in (headers or {}):
            raise VariantNotFound(f"{self.name!r} has no {alias} loaded; it has {', '.join(self.variants)}.")
        raise ModelNotReady(
            self.name, f"It has no champion yet; its challenger answers requests with {VARIANT_HEADER}: challenger."
        )

    async def preprocess(self, payload: dict | InferRequest, headers: dict[str, str] | None = None) -> Batch:
        """Validate the rows and look up their features. Raises InvalidInput for what the client can mend."""
        variant = self.pick(headers)
        infer_request = payload if isinstance(payload, InferRequest) else None
        rows, return_features = (codec_v1 if infer_request is None else codec_v2).decode(payload, self.rows)
        requests = self.rows.validate(rows)
        # In a thread, for 0.1 ms: an online store that hangs must stop neither the health probes nor other capstones.
        try:
            async with asyncio.timeout(STORE_TIMEOUT):
                columns, reports = await asyncio.to_thread(variant.transform, requests)
        except TimeoutError:
            raise Unavailable(f"The online store has not answered within {STORE_TIMEOUT} s.") from None
        return Batch(variant, requests, columns, reports, return_features, infer_request)

    async def predict(self, payload: Batch, headers: dict[str, str] | None = None) -> Batch:
        """Score the rows."""
        payload.scores = payload.variant.predict(payload.columns)
        if payload.scores.shape != (len(payload.requests),) or not np.isfinite(payload.scores).all():
            raise InferenceError(f"Version {payload.variant.version} of {self.name!r} gave no finite score a row.")
        payload.prediction_ids = [str(uuid4()) for _ in payload.requests]
        return payload

    async def postprocess(self, result: Batch, headers: dict[str, str] | None = None) -> dict | InferResponse:
        """Answer in the protocol of the request, once it is logged. Raises Unavailable when it cannot be."""
        answer = codec_v1.encode(result) if result.infer_request is None else codec_v2.encode(self.name, result)
        await self.log.append(records.encode(self.name, result))
        return answer

    def get_input_types(self) -> list[dict]:
        """One tensor a field of the request."""
        return codec_v2.input_types(self.rows)

    def get_output_types(self) -> list[dict]:
        """The tensors of an answer."""
        return codec_v2.OUTPUT_TYPES

    def versions(self) -> list[str]:
        """The versions that are loaded, the champion's first."""
        return list(dict.fromkeys(variant.version for variant in self.variants.values()))
