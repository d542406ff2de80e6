"""Functions that the assistant may call: how it learns of them, and the call that an answer is."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from jsonschema import Draft202012Validator, SchemaError, validators

from capstan.errors import InvalidRow
from models.grammar.json_schema import BadSchema, grammar

Function = Mapping[str, Any]  # with `name`, and perhaps `description` and `parameters`, a JSON schema
NONE, AUTO, REQUIRED = "none", "auto", "required"
ANY = {"type": "object", "properties": {}}
Reason = Literal["stop", "length", "tool_calls"]  # an answer ends for, as OpenAI names them
# What a stranger could make take forever is not checked: patterns, and references, of which each may name two others.
UNCHECKED = ("pattern", "patternProperties", "$ref", "$dynamicRef")
Validator = validators.extend(Draft202012Validator, dict.fromkeys(UNCHECKED, lambda *_: ()))
TOLD = 'You may call a function. To call one, answer with JSON alone: {"name": ..., "arguments": {...}}. The functions:'


@functools.lru_cache(maxsize=64)  # asked for when a text begins and when it ends; a check of schemas takes milliseconds
def offered(tools: str, choice: str) -> tuple[Function, ...]:
    """Return the functions that may be called. tools: a JSON list, "" for none. Raises InvalidRow for another text."""
    try:
        functions = json.loads(tools) if tools and choice != NONE else []
        named = {str(function["name"]): function for function in functions}
        if [*named] != [function["name"] for function in functions]:
            raise ValueError
        for function in functions:
            Draft202012Validator.check_schema(_parameters(function))
    except (ValueError, KeyError, TypeError, RecursionError, SchemaError):
        message = "It is a JSON list of objects with `name`, each another text, and `parameters`, a JSON schema."
        raise InvalidRow(message, 0, "tools") from None
    if choice in (NONE, AUTO, REQUIRED):
        return tuple(named.values())
    if choice not in named:
        raise InvalidRow(f"There is no function {choice!r}: {', '.join(named) or 'none'}.", 0, "tool_choice")
    return (named[choice],)


def described(functions: Sequence[Function]) -> str:
    """Return what the assistant reads of functions, "" for none."""
    return "\n".join([TOLD, *(json.dumps(function) for function in functions)]) if functions else ""


def schema(functions: Sequence[Function], choice: str) -> str:
    """Return the JSON schema of a call that has to come, "" where none has to.

    Raises InvalidRow for parameters that no text can be made for.
    """
    if not functions or choice in (NONE, AUTO):
        return ""
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": function["name"]}, "arguments": _parameters(function)},
            "required": ["name", "arguments"],
        }
        for function in functions
    ]
    text = json.dumps({"anyOf": calls})
    try:
        grammar(text)
    except BadSchema as error:
        raise InvalidRow(f"No call can be made: {error}", 0, "tools") from None
    return text


def call(text: str, functions: Sequence[Function]) -> dict[str, str] | None:
    """Return the name and the arguments, as JSON, of the call that an answer is; None for a text.

    A call whose arguments do not fit the function's schema is a text.
    """
    try:
        found = json.loads(text)
        name, arguments = found["name"], found["arguments"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    called = next((function for function in functions if function["name"] == name), None)
    if called is None or not isinstance(arguments, dict) or not Validator(_parameters(called)).is_valid(arguments):
        return None
    return {"name": name, "arguments": json.dumps(arguments)}


def said(message: Mapping[str, Any]) -> str:
    """Return the text of a message: of the assistant perhaps the calls that it made, of a tool what it returned."""
    calls = [
        json.dumps({"name": done["name"], "arguments": _parsed(done["arguments"])})
        for done in message.get("tool_calls", [])
    ]
    text = f"The function returned: {message['content']}" if message["role"] == "tool" else message["content"]
    return "\n".join(filter(None, [text, *calls]))


def _parameters(function: Function) -> Any:
    return function.get("parameters") or ANY


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
