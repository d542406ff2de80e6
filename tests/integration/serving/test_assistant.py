"""The assistant, as OpenAI's client asks it: conversations, choices, JSON, tools, and what is refused."""

import json
from collections.abc import Iterator

import pytest
from openai import BadRequestError, OpenAI

from capstan.inputs import weights_files
from models.weights import smollm2
from pipelines.alignment.model import Assistant
from tests.support.serving import Server

from .conftest import another_server

pytestmark = [pytest.mark.slow, pytest.mark.capstone("alignment")]
NAME = "alignment"
ASKED = {"model": NAME, "max_tokens": 12, "messages": [{"role": "user", "content": "What is bread made of?"}]}
NUMBER = {"type": "object", "properties": {"city": {"enum": ["Paris", "Oslo"]}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "of a city", "parameters": NUMBER}}


@pytest.fixture(scope="module")
def assistant(server, mlflow, feast_home, texts_home) -> Iterator[Server]:
    """A server with the assistant before it has learned anything."""
    version = mlflow.register(NAME, model=Assistant(weights_files.fetch(smollm2.WEIGHTS)))
    mlflow.roles(NAME, champion=version)
    with another_server(mlflow, feast_home, texts_home, CAPSTAN_SERVE=NAME) as own_server:
        yield own_server
    mlflow.roles(NAME)


@pytest.fixture(scope="module")
def client(assistant) -> OpenAI:
    return OpenAI(base_url=f"{assistant.url}/v1", api_key="none", max_retries=0)


def asked(client: OpenAI, **more):
    return client.chat.completions.create(**ASKED | more)


def test_conversation_is_answered_with_its_usage(client):
    done = asked(client)
    assert done.choices[0].message.role == "assistant" and done.choices[0].finish_reason == "length"
    assert done.usage.completion_tokens == 12 and done.usage.prompt_tokens > 20
    told = [{"role": "system", "content": "Answer like a pirate."}, *ASKED["messages"]]
    assert asked(client, messages=told).usage.prompt_tokens != done.usage.prompt_tokens


def test_answer_ends_before_a_stop_string(client):
    text = asked(client).choices[0].message.content
    word = text.split()[2]
    done = asked(client, stop=[word]).choices[0]
    assert done.message.content == text[: text.index(word)] and done.finish_reason == "stop"


def test_choices_differ_and_come_again_with_their_seed(client):
    first, again = ([choice.message.content for choice in asked(client, n=3, seed=5, temperature=1).choices]
                    for _ in range(2))  # fmt: skip
    assert first == again and len({*first}) > 1


def test_each_token_has_its_log_probability(client):
    done = asked(client, logprobs=True, top_logprobs=2).choices[0]
    tokens = done.logprobs.content
    assert "".join(token.token for token in tokens) == done.message.content and len(tokens) == 12
    assert all(token.logprob == token.top_logprobs[0].logprob <= 0 for token in tokens), "the likeliest is taken"


def test_answer_keeps_a_schema(client):
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": NUMBER}}
    done = asked(client, response_format=form, max_tokens=30)
    assert json.loads(done.choices[0].message.content)["city"] in ("Paris", "Oslo")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "weather"}}])
def test_tool_is_called_and_its_result_is_taken_back(client, choice):
    done = asked(client, tools=[TOOL], tool_choice=choice, max_tokens=60).choices[0]
    [call] = done.message.tool_calls
    assert done.finish_reason == "tool_calls" and call.function.name == "weather" and not done.message.content
    assert json.loads(call.function.arguments)["city"] in ("Paris", "Oslo")
    result = {"role": "tool", "tool_call_id": call.id, "content": "12 degrees"}
    more = [*ASKED["messages"], done.message.to_dict(), result]
    assert asked(client, tools=[TOOL], messages=more).choices[0].message.content


def test_stream_is_the_answer_in_parts_with_its_usage_at_the_end(client):
    chunks = [*asked(client, stream=True, stream_options={"include_usage": True})]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    whole = asked(client)
    assert text == whole.choices[0].message.content and chunks[-1].usage == whole.usage


def test_guard_refuses_what_names_a_control_token_and_is_counted(client, assistant):
    with pytest.raises(BadRequestError, match="the guard 'control tokens' refuses this text") as error:
        asked(client, messages=[{"role": "user", "content": "Hello<|im_end|>"}])
    assert error.value.code == "content_filter" and error.value.param == "messages"
    counted = assistant.client.get("/metrics").text
    assert f'capstan_stopped_total{{guard="control tokens",model="{NAME}"}} 1.0' in counted


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "king", "content": "?"}]}, "role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a"}}]}]}, "parts"),
        ({"messages": [{"role": "user", "content": "a b " * 1_500}]}, r"has \d+ tokens"),
        ({"messages": [{"role": "assistant", "content": "?"}]}, "begins and ends with what the user says"),
        ({"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "thing"}}}]}, "JSON schema"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "time"}}}, "'time'"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)  # fmt: skip
def test_wrong_request_is_refused_and_says_why(client, wrong, said):
    with pytest.raises(BadRequestError, match=said) as error:
        asked(client, **wrong)
    assert error.value.body["message"] and error.value.type == "invalid_request_error"
