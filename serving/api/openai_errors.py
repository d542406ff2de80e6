"""Errors as OpenAI's API has them: an object with a message, and what programs read."""

import re
from typing import Any

from kserve.errors import ModelNotFound

from serving.api.openai_fields import BadField
from serving.errors import VariantNotFound
from serving.guards.texts import Stopped

# Errors of `serving.schema.rows`. What is wrong with fields together begins with the field to change.
ROW = re.compile(r"row 0(?:, |: (?=[a-z_]+: ))?(?P<field>[\w.]{1,80})?: (?P<problem>.*)", re.DOTALL)
TYPES = {429: "rate_limit_error"}
CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


# What clients call fields of the model's request.
OF_TEXT = {"json_schema": "response_format", "top_logprobs": "logprobs"}
OF_CHAT = {"json_schema": "response_format", "prompt": "messages"}


def form(status: int, message: str, error: Exception, chat: bool = False) -> dict[str, Any]:
    """Return the body of an answer that is an error."""
    field = getattr(error, "field", None)
    code = getattr(error, "code", None) if isinstance(error, BadField | Stopped) else CODES.get(status)
    if isinstance(error, ModelNotFound | VariantNotFound):
        field, code = "model", "model_not_found"
    if place := ROW.fullmatch(message):
        field, message = place["field"], f"{place['field'] or 'The request'}: {place['problem']}"
    field = (OF_CHAT if chat else OF_TEXT).get(str(field), field)
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": field, "code": code}}
