"""Predictions as OpenAI's API answers them."""

import time
from collections.abc import Iterator
from typing import Any

from serving.api.openai_logprobs import OfConversation, OfText
from serving.api.openai_request import TextPayload
from serving.model.generation import Generation


class TextAnswer:
    """The answer to one request. Its `id` is the prediction's in the log, which labels name."""

    def __init__(self, generation: Generation, payload: TextPayload):
        self.generation, self.chat, self.usage = generation, payload.chat, payload.usage
        self._logprobs = (OfConversation() if payload.chat else OfText()) if payload.logprobs else None
        kind = "chat.completion.chunk" if payload.stream else "chat.completion"
        version = generation.predictor.variant.version
        self._common = {
            "id": generation.id,
            "object": kind if payload.chat else "text_completion",
            "created": int(time.time()),
            "model": f"{generation.model.name}:{version}",
        }
        self._begun = False

    def headers(self) -> dict[str, str]:
        """Return headers of the answer."""
        return {"x-request-id": self.generation.id, "x-capstan-variant": self.generation.predictor.variant.role}

    def whole(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """Return the whole answer."""
        text = {"message": {"role": "assistant", "content": prediction["text"], "refusal": None}}
        choice = self._choice(
            text if self.chat else {"text": prediction["text"]}, prediction["finish_reason"], prediction
        )
        return self._common | {"choices": [choice], "usage": _usage(prediction)}

    def chunks(self, part: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Return the chunks of a part of a streamed answer. The first of a conversation says whose words follow."""
        if self.chat and not self._begun:
            yield self._chunk({"delta": {"role": "assistant", "content": "", "refusal": None}})
        self._begun = True
        text = part.get("text", "")
        if text or (self._logprobs and part.get("logprobs")):
            yield self._chunk({"delta": {"content": text}} if self.chat else {"text": text}, part=part)

    def last_chunks(self, prediction: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Return the chunk that says why the text ended, and one with the count of tokens where it is wanted."""
        yield self._chunk({"delta": {}} if self.chat else {"text": ""}, prediction["finish_reason"])
        if self.usage:
            yield self._common | {"choices": [], "usage": _usage(prediction)}

    def _chunk(
        self, text: dict[str, Any], reason: str | None = None, part: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        usage = {"usage": None} if self.usage else {}
        return self._common | {"choices": [self._choice(text, reason, part or {})]} | usage

    def _choice(self, text: dict[str, Any], reason: str | None, prediction: dict[str, Any]) -> dict[str, Any]:
        logprobs = self._logprobs(prediction["logprobs"]) if self._logprobs and "logprobs" in prediction else None
        return {"index": 0, **text, "logprobs": logprobs, "finish_reason": reason}


def _usage(prediction: dict[str, Any]) -> dict[str, int]:
    """Return the count of tokens: those of the prompt only where the prediction has them."""
    if (read := prediction.get("prompt_tokens")) is None:
        return {"completion_tokens": prediction["tokens"]}
    count = {"prompt_tokens": read, "completion_tokens": prediction["tokens"]}
    return count | {"total_tokens": read + prediction["tokens"]}
