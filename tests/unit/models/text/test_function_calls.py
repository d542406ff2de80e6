"""Functions that the assistant may call."""

import json

import pytest

from capstan.errors import InvalidRow
from models.text import function_calls

WEATHER = {
    "name": "weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIME = {"name": "time", "parameters": {"type": "object", "properties": {}}}
BOTH = json.dumps([WEATHER, TIME])


def names(choice):
    return [function["name"] for function in function_calls.offered(BOTH, choice)]


def test_what_is_offered_is_what_was_chosen():
    assert names("auto") == names("required") == ["weather", "time"]
    assert names("time") == ["time"] and names("none") == [] and function_calls.offered("", "auto") == ()
    assert (
        "weather" in function_calls.described(function_calls.offered(BOTH, "auto"))
        and function_calls.described([]) == ""
    )


@pytest.mark.parametrize(
    ("given", "choice", "message"),
    [
        ("{", "auto", "JSON list"),
        ('[{"x": 1}]', "auto", "JSON list"),
        ('[{"name": 5}]', "clock", "each another text"),
        ('[{"name": "f"}, {"name": "f"}]', "auto", "each another text"),
        ("[" * 5_000, "auto", "JSON list"),
        ('[{"name": "f", "parameters": {"type": "city"}}]', "auto", "a JSON schema"),
        ('[{"name": "f", "parameters": 5}]', "auto", "a JSON schema"),
        (BOTH, "clock", "no function 'clock'"),
    ],
)
def test_what_cannot_be_offered(given, choice, message):
    with pytest.raises(InvalidRow, match=message):
        function_calls.offered(given, choice)


def test_a_call_that_has_to_come_has_a_schema():
    assert function_calls.schema(function_calls.offered(BOTH, "auto"), "auto") == ""
    wanted = json.loads(function_calls.schema(function_calls.offered(BOTH, "weather"), "weather"))
    assert wanted["anyOf"][0]["properties"]["name"] == {"const": "weather"} and len(wanted["anyOf"]) == 1
    impossible = [{"name": "f", "parameters": {"type": "object", "properties": {"x": {"pattern": "a"}}}}]
    with pytest.raises(InvalidRow, match="pattern"):
        function_calls.schema(impossible, "required")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "weather", "arguments": {"city": "Rome"}}', {"name": "weather", "arguments": '{"city": "Rome"}'}),
        ('{"name": "other", "arguments": {}}', None),
        ('{"name": "weather", "arguments": "Rome"}', None),
        ('{"name": "weather", "arguments": {"town": "Rome"}}', None),
        ('{"name": "weather", "arguments": {"city": 5}}', None),
        ("It is warm in Rome.", None),
        ("[1]", None),
        ("[" * 5_000, None),
    ],
)
def test_the_call_that_an_answer_is(text, expected):
    assert function_calls.call(text, [WEATHER]) == expected


def doubled(levels: int) -> dict:
    """Return a schema of which each level names the next one twice."""
    parts = {f"a{level}": {"allOf": [{"$ref": f"#/$defs/a{level + 1}"}] * 2} for level in range(levels)}
    return {"$ref": "#/$defs/a0", "$defs": parts | {f"a{levels}": {"type": "object"}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"x": {"pattern": "^(a+)+$"}}},
        doubled(40),
        {"$ref": "#"},
        {"$ref": "https://example.com/city.json"},
    ],
    ids=["pattern", "doubled", "itself", "elsewhere"],
)
def test_what_could_take_forever_is_not_checked(schema):
    """The first two would take years."""
    functions = function_calls.offered(json.dumps([{"name": "f", "parameters": schema}]), "auto")
    assert function_calls.call(json.dumps({"name": "f", "arguments": {"x": "a" * 40 + "!"}}), functions)
