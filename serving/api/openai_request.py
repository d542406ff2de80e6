"""Requests of OpenAI's API, as rows of a capstone whose model makes text.

Source: https://platform.openai.com/docs/api-reference. A field that is null is one that is not given, as there.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from orjson import JSONEncodeError

from capstan.errors import InvalidRow, did_you_mean
from predictions.json_text import dumps
from serving.api import openai_tools
from serving.api.openai_fields import BadField
from serving.model.generation import GeneratePayload
from serving.model.predictor import Predictor

TEXT = ("text", "finish_reason", "tokens")  # what the prediction of a model that makes text has
ROLES = ("system", "developer", "user", "assistant", "tool")
# What means nothing as it is, so that clients may send it.
NEUTRAL = {"best_of": 1, "echo": False, "logit_bias": {}}
MOST_CHOICES = 8


class TextPayload(GeneratePayload):
    """A request of `/v1/completions`, or of `/v1/chat/completions` where `chat`. Raises BadField.

    name, version: of the model that it names, "NAME" or "NAME:VERSION". stream: whether the answer comes in parts, and
    usage: whether these end with the count of tokens. choices: how many texts it wants, each a prediction of its own.
    """

    def __init__(self, body: object, chat: bool):
        if not isinstance(body, dict):
            raise BadField(f"The body is a JSON {type(body).__name__}; expected an object.")
        left = {name: value for name, value in body.items() if value is not None}
        super().__init__(left)
        self.chat = chat
        self.name, _, version = model_of(left.pop("model", None)).partition(":")
        self.version = version or None
        self.stream = _take(left, "stream", bool, False)
        self.usage = self._usage(left)
        self.choices = self._choices(left)
        self._messages = _messages(left.pop("messages", None)) if chat else []
        self._fields: dict[str, Any] = {} if chat else {"prompt": _prompt(left.pop("prompt", None))}
        for name, neutral in NEUTRAL.items():
            if left.pop(name, neutral) != neutral:
                raise BadField(f"Only {neutral!r} is offered for `{name}`. Leave it out.", name, "unsupported_value")
        left.pop("user", None)  # for OpenAI's own use
        left |= self._logprobs(left)
        left |= openai_tools.of_request(left.pop("tools", []), left.pop("tool_choice", None))
        if type(left.pop("parallel_tool_calls", True)) is not bool:
            raise BadField("`parallel_tool_calls` is true or false.", "parallel_tool_calls")
        most = left.pop("max_completion_tokens", None)
        if most is not None and left.setdefault("max_tokens", most) != most:
            raise BadField("`max_tokens` and `max_completion_tokens` differ. Send one.", "max_tokens")
        if isinstance(left.get("stop"), str):
            left["stop"] = [left["stop"]]
        if form := _schema_of_answer(left.pop("response_format", None)):
            left["json_schema"] = form
        self._fields |= left

    def _usage(self, left: dict[str, Any]) -> bool:
        options = _take(left, "stream_options", dict, {})
        if unknown := sorted(options.keys() - {"include_usage", "include_obfuscation"}):
            raise BadField(f"`stream_options` has no {unknown[0][:80]!r}; it has `include_usage`.", "stream_options")
        wanted: bool = _take(options, "include_usage", bool, False)
        return wanted

    def _choices(self, left: dict[str, Any]) -> int:
        count: int = _take(left, "n", int, 1)
        if not 1 <= count <= MOST_CHOICES:
            raise BadField(f"`n` is {count}; a request may have 1 to {MOST_CHOICES} choices.", "n")
        if count > 1 and self.stream:
            raise BadField("A stream has one choice. Leave out `n`, or `stream`.", "n", "unsupported_value")
        return count

    def choice(self, number: int) -> "TextPayload":
        """Return the request of one choice: where a seed is given, each has the next one, so that they differ."""
        payload, seed = copy(self), self._fields.get("seed")
        if isinstance(seed, int):
            payload._fields = self._fields | {"seed": seed + number}
        return payload

    def _logprobs(self, left: dict[str, Any]) -> dict[str, Any]:
        """Return the fields that ask for log probabilities, as conversations name them. Completions send a number."""
        count = left.pop("top_logprobs", 0)
        self.logprobs = asked = left.pop("logprobs", False)
        if not self.chat and type(asked) is int:
            self.logprobs, count = True, asked
        if type(self.logprobs) is not bool or (count and not self.logprobs):
            expected = "true, and `top_logprobs` a number next to it" if self.chat else "the number of alternatives"
            raise BadField(f"`logprobs` is {expected}.", "logprobs")
        return {"logprobs": True} | ({"top_logprobs": count} if count else {}) if self.logprobs else {}

    def check(self, predictor: Predictor) -> None:
        """Raise BadField where the model makes no text, or takes no messages."""
        label, variant = predictor.variant.label, predictor.variant
        answers = predictor.prediction_schema["properties"]
        if not variant.streams or "prompt" not in predictor.request_schema["properties"] or set(TEXT) - set(answers):
            raise BadField(
                f"{label} makes no text: it takes a `prompt` and streams {', '.join(TEXT)} where it does. "
                "GET /v2/models/NAME shows what a model takes and answers.",
                "model",
            )
        if self.logprobs and "logprobs" not in answers:
            raise BadField(
                f"{label} answers no log probabilities. Leave `logprobs` out.", "logprobs", "unsupported_value"
            )
        if "tools" not in predictor.request_schema["properties"] and any(
            message["role"] == "tool" or "tool_calls" in message for message in self._messages
        ):
            raise BadField(f"{label} calls no tools. Leave messages of tools out.", "messages", "unsupported_value")
        if self.chat and not variant.chats:
            raise BadField(f"{label} takes no messages: its model has no `chat`. POST /v1/completions.", "model")

    def rows(self, predictor: Predictor) -> Sequence[object]:
        """Return the row. Raises BadField for a field that the model's request does not have."""
        known = predictor.request_schema["properties"]
        for name in self._fields:
            if name not in known or (self.chat and name == "prompt"):
                own = "response_format" if name == "json_schema" else name
                raise BadField(
                    f"{predictor.variant.label} takes no `{own[:80]}`.{did_you_mean(own, known)} Leave it out. "
                    f"It takes {', '.join(known)}.",
                    own[:80],
                    "unknown_parameter",
                )
        return [self._of_chat(predictor) if self.chat else self._fields]

    def _of_chat(self, predictor: Predictor) -> dict[str, Any]:
        """Return the row that continues the conversation. The stop strings of both hold."""
        try:
            row = dict(predictor.variant.model.chat(self._messages))
        except InvalidRow as error:
            raise BadField(str(error).removeprefix("row 0: "), "messages") from None
        stops = [fields["stop"] for fields in (row, self._fields) if "stop" in fields]
        both = {"stop": [text for stop in stops for text in stop]} if all(isinstance(s, list) for s in stops) else {}
        return row | self._fields | both


def model_of(name: object) -> str:
    """Return the model that a request names. Raises BadField."""
    if not isinstance(name, str) or not name:
        raise BadField("`model` is missing: send the name of a capstone. GET /v2/models lists them.", "model")
    return name


def _take(left: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    value = left.pop(name, default)
    if value is not None and type(value) is not kind:
        raise BadField(f"`{name}` is a {type(value).__name__}, not a {kind.__name__}.", name)
    return value


def _prompt(prompt: object) -> str:
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if prompt is None:
        raise BadField("`prompt` is missing.", "prompt")
    if not isinstance(prompt, str):
        raise BadField("`prompt` is one text. Tokens are not taken, and several texts are sent one by one.", "prompt")
    return prompt


def _messages(messages: object) -> list[dict[str, Any]]:
    """Return the messages of a conversation: `role`, `content`, and `name` where it is given."""
    if not isinstance(messages, list) or not messages:
        raise BadField("`messages` is a list of at least one message.", "messages")
    return [_message(message, f"messages.{place}") for place, message in enumerate(messages)]


def _message(message: object, where: str) -> dict[str, Any]:
    """Return `role` and `content` of a message; of the assistant perhaps `tool_calls`: `name` and `arguments`."""
    if not isinstance(message, dict):
        raise BadField("A message is an object with `role` and `content`.", where)
    fields = {name: value for name, value in message.items() if value not in (None, [])}
    for name in ("refusal", "annotations", "audio", "function_call"):  # of an answer, where it is sent back as it was
        fields.pop(name, None)
    role = fields.get("role")
    if role not in ROLES:
        raise BadField(f"The `role` of a message is one of {', '.join(ROLES)}.", f"{where}.role")
    own = {"tool": {"tool_call_id"}, "assistant": {"tool_calls"}}.get(str(role), set())
    if unknown := sorted(fields.keys() - {"role", "content", "name"} - own):
        raise BadField(f"A message has no `{unknown[0][:80]}` here. Leave it out.", where, "unknown_parameter")
    if not all(isinstance(fields.get(name, ""), str) for name in ("name", "tool_call_id")):
        raise BadField("The `name` and the `tool_call_id` of a message are texts.", f"{where}.name")
    fields.pop("tool_call_id", None)
    if "tool_calls" in fields:
        fields["tool_calls"] = openai_tools.of_message(fields["tool_calls"], f"{where}.tool_calls")
        fields.setdefault("content", "")
    return fields | {"content": _content(fields.get("content"), f"{where}.content")}


def _content(content: object, where: str) -> str:
    """Return a text, or the texts of a list of parts, one after the other."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    if len(texts) < len(parts) or not all(isinstance(text, str) for text in texts):
        raise BadField("The `content` of a message is a text, or a list of parts of the type `text`.", where)
    return "".join(map(str, texts))


def _schema_of_answer(form: object) -> str | None:
    """Return the JSON schema that the answer has to keep, as JSON, or None."""
    if form is None:
        return None
    kind = form.get("type") if isinstance(form, Mapping) else None
    if kind == "text":
        return None
    named = form.get("json_schema") if isinstance(form, Mapping) else None
    if kind != "json_schema" or not isinstance(named, Mapping) or not isinstance(named.get("schema"), Mapping):
        raise BadField(
            '`response_format` is {"type": "text"}, or {"type": "json_schema", "json_schema": {"name": ..., '
            '"schema": {...}}}.',
            "response_format",
            "unsupported_value",
        )
    try:
        return dumps(named["schema"]).decode()
    except JSONEncodeError:
        raise BadField("The schema is nested too deeply.", "response_format") from None
