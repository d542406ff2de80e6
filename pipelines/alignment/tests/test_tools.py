"""Functions that the assistant may call."""

import json

import pytest

from capstan.errors import InvalidRow
from pipelines.alignment import tools
from pipelines.alignment.engine import of_conversation

WEATHER = {
    "name": "weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TIME = {"name": "time", "parameters": {"type": "object", "properties": {}}}
BOTH = json.dumps([WEATHER, TIME])


def names(choice):
    return [function["name"] for function in tools.offered(BOTH, choice)]


def test_what_is_offered_is_what_was_chosen():
    assert names("auto") == names("required") == ["weather", "time"]
    assert names("time") == ["time"] and names("none") == [] and tools.offered("", "auto") == []
    assert "weather" in tools.described(tools.offered(BOTH, "auto")) and tools.described([]) == ""


@pytest.mark.parametrize(
    ("given", "choice", "message"),
    [("{", "auto", "JSON list"), ('[{"x": 1}]', "auto", "JSON list"), (BOTH, "clock", "no function 'clock'")],
)
def test_what_cannot_be_offered(given, choice, message):
    with pytest.raises(InvalidRow, match=message):
        tools.offered(given, choice)


def test_a_call_that_has_to_come_has_a_schema():
    assert tools.schema(tools.offered(BOTH, "auto"), "auto") == ""
    wanted = json.loads(tools.schema(tools.offered(BOTH, "weather"), "weather"))
    assert wanted["anyOf"][0]["properties"]["name"] == {"const": "weather"} and len(wanted["anyOf"]) == 1
    impossible = [{"name": "f", "parameters": {"type": "object", "properties": {"x": {"pattern": "a"}}}}]
    with pytest.raises(InvalidRow, match="pattern"):
        tools.schema(impossible, "required")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "weather", "arguments": {"city": "Rome"}}', {"name": "weather", "arguments": '{"city": "Rome"}'}),
        ('{"name": "other", "arguments": {}}', None),
        ('{"name": "weather", "arguments": "Rome"}', None),
        ("It is warm in Rome.", None),
        ("[1]", None),
    ],
)
def test_the_call_that_an_answer_is(text, expected):
    assert tools.call(text, [WEATHER]) == expected


def test_a_conversation_with_a_call_goes_on():
    messages = [
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": "Is it warm in Rome?"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "weather", "arguments": '{"city": "Rome"}'}]},
        {"role": "tool", "content": "31 degrees"},
        {"role": "user", "content": "Answer in French."},
    ]
    assert of_conversation(messages) == {
        "system": "Be short.",
        "earlier": ["Is it warm in Rome?", '{"name": "weather", "arguments": {"city": "Rome"}}'],
        "prompt": "The function returned: 31 degrees\n\nAnswer in French.",
    }


@pytest.mark.parametrize("roles", [[], ["assistant", "user"], ["user", "assistant"], ["system"]])
def test_a_conversation_begins_and_ends_with_the_user(roles):
    with pytest.raises(InvalidRow, match="begins and ends"):
        of_conversation([{"role": role, "content": "x"} for role in roles])
