"""A streamed prediction: its parts as they come, and its record in the prediction log."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from kserve.errors import InferenceError, InvalidInput

from capstan.errors import CapstanError
from predictions import ids
from serving import limits, metrics
from serving.errors import TooSlow, one_line
from serving.guards.call import current
from serving.model.inference import Inference
from serving.model.predictor import Predictor
from serving.model.reading import read
from serving.schema.rows import Row
from serving.scoring.features import Report

if TYPE_CHECKING:
    from serving.model.served_model import ServedModel

log = logging.getLogger("serving")


class GeneratePayload:
    """A request of `generate`: the fields of one row as a flat JSON object. Raises InvalidInput."""

    def __init__(self, payload: object):
        if not isinstance(payload, dict):
            raise InvalidInput(f"The body is a JSON {type(payload).__name__}; expected an object of the row's fields.")
        self.row = payload

    def first(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return some fields of the row."""
        return {key: self.row.get(key) for key in keys}

    def rows(self, predictor: Predictor) -> Sequence[object]:
        """Return the row."""
        return [self.row]

    def check(self, predictor: Predictor) -> None:
        """Raises NotImplementedError where the model streams nothing."""
        if not predictor.variant.streams:
            raise NotImplementedError(
                f"{predictor.variant.label} streams nothing: its model has neither `engine` nor `stream`."
            )

    def answer(self, inference: Inference) -> dict[str, Any]:
        """Return the whole prediction."""
        return inference.predictions[0]


class Generation:
    """One prediction that is made part by part. `started` is when its request came, by `time.monotonic()`."""

    def __init__(
        self,
        model: "ServedModel",
        predictor: Predictor,
        row: Row,
        features: tuple[dict[str, list[Any]], list[Report]],
        started: float,
    ):
        self.model, self.predictor = model, predictor
        self.id, self.started = ids.new(), started
        self.whole: dict[str, Any] = {}
        self._inference = Inference(predictor.variant, [row], *features, [self.whole], [self.id])
        self._count, self._first_at, self._last_at, self._logged = 0, 0.0, 0.0, False
        self._stream = predictor.stream(features[0])

    def common(self) -> dict[str, Any]:
        """Return what each part is sent with."""
        variant = self.predictor.variant
        return {
            "model_name": self.model.name,
            "model_version": variant.version,
            "variant": variant.role,
            "id": self.id,
        }

    async def next(self) -> dict[str, Any] | None:
        """Return the next part, None at the end.

        Raises TooSlow past the limit to the first part or between two, ClientLeft, and what the model raises.
        """
        now = time.monotonic()
        seconds = limits.TOKEN_SECONDS if self._count else limits.FIRST_TOKEN_SECONDS
        try:
            async with asyncio.timeout(seconds if self._count else self.started + seconds - now):
                more, part = await self._stream.next()
        except TimeoutError:
            what = "next part" if self._count else "first part"
            raise TooSlow(f"The {what} of the answer took longer than {seconds:g} s.") from None
        if not more:
            if not self._count:
                raise InferenceError(f"{self.predictor.variant.label} streamed nothing.")
            return None
        fields = self.predictor.answers.part(part)
        self._last_at = time.monotonic()
        if not self._count:
            self._first_at = self._last_at
            metrics.first_token.labels(*self.predictor.labels).observe(self._first_at - self.started)
        self._count += 1
        for name, value in fields.items():
            self.whole[name] = self.predictor.answers.joined(name, self.whole.get(name), value)
        return fields

    async def finish(self) -> dict[str, Any]:
        """Return the whole prediction once it is logged. Raises InferenceError and Unavailable."""
        whole = self.predictor.answers.whole(self.whole)
        self._inference.predictions = [whole]
        await self.model.record(self._inference)
        self._logged = True
        self._observe_rate()
        return whole

    async def abandon(self) -> None:
        """Stop the model, and log what it gave so far, if anything, as partial. Does no more once all is logged."""
        self._stream.close()
        if self._logged:
            return
        self._observe_rate()
        if self.whole:
            self._inference.partial = True
            self._inference.predictions = [self.whole]
            try:
                await self.model.record(self._inference)
            except CapstanError as error:
                log.warning("%s: a partial answer could not be logged: %s", self.model.name, one_line(str(error)))

    def leave(self) -> None:
        """Have `next` raise ClientLeft."""
        self._stream.leave()

    def _observe_rate(self) -> None:
        if self._count > 1 and self._last_at > self._first_at:
            rate = (self._count - 1) / (self._last_at - self._first_at)
            metrics.token_rate.labels(*self.predictor.labels).observe(rate)


async def generate(
    model: "ServedModel", payload: GeneratePayload, headers: Mapping[str, str], started: float
) -> Generation:
    """Start a streamed prediction. Raises what `predict` raises, and what the payload's `check` raises."""
    call = current.get()
    predictor = model.pick(call, headers, payload)
    payload.check(predictor)
    rows = await read(model.name, predictor.decoder, call, partial(payload.rows, predictor))
    return Generation(model, predictor, rows[0], await predictor.scorer.features(rows), started)
