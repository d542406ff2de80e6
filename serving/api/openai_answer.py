"""Predictions as OpenAI's API answers them."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from serving.api import openai_tools
from serving.api.openai_logprobs import OfConversation, OfText
from serving.api.openai_request import TextPayload
from serving.model.generation import Generation


class Choice(NamedTuple):
    """One text of an answer: how it was made, and the whole prediction."""

    generation: Generation
    prediction: dict[str, Any]


class TextAnswer:
    """The answer to one request. Its `id` is the first prediction's in the log, which labels name."""

    def __init__(self, generation: Generation, payload: TextPayload):
        self.generation, self.chat, self.usage = generation, payload.chat, payload.usage
        self._payload, self._logprobs = payload, _logprobs(payload)
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

    def whole(self, made: Sequence[Choice]) -> dict[str, Any]:
        """Return the whole answer. Of several choices, each has the id of its prediction."""
        choices = []
        for index, (generation, prediction) in enumerate(made):
            self._logprobs = _logprobs(self._payload)  # offsets are of one text
            content = self._message(prediction) if self.chat else {"text": prediction["text"]}
            choice = self._choice(content, prediction["finish_reason"], prediction) | {"index": index}
            choices.append(choice | ({"id": generation.id} if len(made) > 1 else {}))
        return self._common | {"choices": choices, "usage": _usage([prediction for _, prediction in made])}

    def _message(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """Return the message of an answer: a text, or calls of tools."""
        message = {"role": "assistant", "content": prediction["text"], "refusal": None}
        if calls := prediction.get("tool_calls"):
            called = openai_tools.of_answer(calls, self.generation.id)
            message |= {"content": None, "tool_calls": [_without_index(call) for call in called]}
        return {"message": message}

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
        if calls := prediction.get("tool_calls"):
            yield self._chunk({"delta": {"tool_calls": openai_tools.of_answer(calls, self.generation.id)}})
        yield self._chunk({"delta": {}} if self.chat else {"text": ""}, prediction["finish_reason"])
        if self.usage:
            yield self._common | {"choices": [], "usage": _usage([prediction])}

    def _chunk(
        self, text: dict[str, Any], reason: str | None = None, part: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        usage = {"usage": None} if self.usage else {}
        return self._common | {"choices": [self._choice(text, reason, part or {})]} | usage

    def _choice(self, text: dict[str, Any], reason: str | None, prediction: dict[str, Any]) -> dict[str, Any]:
        logprobs = self._logprobs(prediction["logprobs"]) if self._logprobs and "logprobs" in prediction else None
        return {"index": 0, **text, "logprobs": logprobs, "finish_reason": reason}


def _without_index(call: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name != "index"}


def _logprobs(payload: TextPayload) -> OfConversation | OfText | None:
    return (OfConversation() if payload.chat else OfText()) if payload.logprobs else None


def _usage(predictions: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return the count of tokens: those of the prompt, once, only where a prediction has them."""
    written = sum(prediction["tokens"] for prediction in predictions)
    if (read := predictions[0].get("prompt_tokens")) is None:
        return {"completion_tokens": written}
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
