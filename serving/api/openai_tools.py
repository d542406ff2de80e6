"""The tools of OpenAI's API: functions that the model may call, which of them, and the calls of an answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from predictions.json_text import dumps
from serving.api.openai_fields import BadField

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST = 32  # functions
CHOICES = ("none", "auto", "required")
KNOWN = {"name", "description", "parameters", "strict"}


def of_request(tools: object, choice: object) -> dict[str, str]:
    """Return the fields of the row: `tools`, the functions as JSON, and `tool_choice`: one of CHOICES, or a name.

    Raises BadField. There are none for a request without tools.
    """
    if not isinstance(tools, list) or len(tools) > MOST:
        raise BadField(f"`tools` is a list of at most {MOST} tools.", "tools")
    functions = [_function(tool, f"tools.{place}") for place, tool in enumerate(tools)]
    names = [function["name"] for function in functions]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadField(f"Two tools are named {sorted(twice)[0]!r}.", "tools")
    chosen = _chosen(choice, names)
    return {"tools": dumps(functions).decode(), "tool_choice": chosen} if functions else {}


def of_message(calls: object, where: str) -> list[dict[str, str]]:
    """Return the name and the arguments of each call that a message of the assistant had. Raises BadField."""
    if not isinstance(calls, list) or not calls:
        raise BadField("`tool_calls` is a list of at least one call.", where)
    return [_call(call, f"{where}.{place}") for place, call in enumerate(calls)]


def of_answer(calls: Sequence[Mapping[str, str]], answer_id: str) -> list[dict[str, Any]]:
    """Return the calls of a prediction, each with `name` and `arguments`, JSON, as the API has them."""
    return [
        {
            "index": place,
            "id": f"call_{answer_id}_{place}",
            "type": "function",
            "function": {"name": call["name"], "arguments": call["arguments"]},
        }
        for place, call in enumerate(calls)
    ]


def _function(tool: object, where: str) -> dict[str, Any]:
    function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
    if not isinstance(function, dict):
        raise BadField('A tool is {"type": "function", "function": {"name": ..., "parameters": {...}}}.', where)
    if unknown := sorted(function.keys() - KNOWN):
        raise BadField(f"A function has no `{unknown[0][:80]}` here. Leave it out.", where, "unknown_parameter")
    name, described = function.get("name"), function.get("description") or ""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadField("The `name` of a function has 1 to 64 letters, digits, hyphens and underscores.", where)
    if not isinstance(described, str):
        raise BadField("The `description` of a function is a text.", where)
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    try:
        Draft202012Validator.check_schema(parameters)
    except SchemaError as error:
        raise BadField(f"The `parameters` of {name} are not a JSON schema: {error.message[:200]}", where) from None
    if not isinstance(parameters, dict) or parameters.get("type") != "object":
        raise BadField(f"The `parameters` of {name} are a JSON schema of the type `object`.", where)
    return {"name": name, "description": described, "parameters": parameters}


def _chosen(choice: object, names: Sequence[str]) -> str:
    if choice is None:
        return "auto" if names else "none"
    if isinstance(choice, str) and choice in CHOICES:
        if choice == "required" and not names:
            raise BadField("`tool_choice` is `required`, and there are no `tools`.", "tool_choice")
        return choice
    named = choice.get("function") if isinstance(choice, dict) and choice.get("type") == "function" else None
    name = named.get("name") if isinstance(named, dict) else None
    if not isinstance(name, str):
        raise BadField(
            f"`tool_choice` is one of {', '.join(CHOICES)}, or "
            '{"type": "function", "function": {"name": ...}}.', "tool_choice",
        )  # fmt: skip
    if name not in names:
        known = ", ".join(names) or "none"
        raise BadField(f"`tool_choice` names {name[:80]!r}, which is not among the tools: {known}.", "tool_choice")
    return name


def _call(call: object, where: str) -> dict[str, str]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not all(isinstance(function.get(key), str) for key in ("name", "arguments")):
        raise BadField("A call has a `function` with a `name` and `arguments`, both texts.", where)
    return {"name": function["name"], "arguments": function["arguments"]}
