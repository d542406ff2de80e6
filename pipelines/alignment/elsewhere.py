"""The request to a larger model, that of CAPSTAN_LLM_URL, which then answers in place of SmolLM2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models.text import function_calls
from pipelines.alignment.engine import conversation

AS_THEY_ARE = ("max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")


def body(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a chat completion, as OpenAI's API has it, that a row asks for."""
    system = [{"role": "system", "content": row["system"]}] if row["system"] else []
    asked = {"messages": [*system, *conversation(row)], **{name: row[name] for name in AS_THEY_ARE}}
    if row["stop"]:
        asked["stop"] = [*row["stop"]]
    if row["logprobs"]:
        asked |= {"logprobs": True, "top_logprobs": int(row["top_logprobs"])}
    if row["json_schema"]:
        schema = {"name": "answer", "schema": json.loads(row["json_schema"]), "strict": True}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
    if functions := function_calls.offered(row["tools"], row["tool_choice"]):
        named = row["tool_choice"] not in (function_calls.AUTO, function_calls.REQUIRED)
        choice = {"type": "function", "function": {"name": row["tool_choice"]}} if named else row["tool_choice"]
        asked |= {
            "tools": [{"type": "function", "function": function} for function in functions],
            "tool_choice": choice,
        }
    return asked
