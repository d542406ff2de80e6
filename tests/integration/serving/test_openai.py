"""OpenAI's API, as its own client asks it: texts, conversations, streams, and requests that are refused."""

import json
import time

import httpx
import pytest
from openai import (
    APIError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
)

from tests.support.processes import wait_until
from tests.support.serving import Server
from tests.support.texts import NAME, ROMEO, USER, logged

pytestmark = pytest.mark.slow


def errors(server: Server, status: str) -> float:
    lines = server.client.get("/metrics").text.splitlines()
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith("capstan_errors_total") and f'"{status}"' in line
    )


def test_a_completion_is_the_prediction_that_generate_makes(texts, openai, texts_home):
    completion = openai.completions.create(**ROMEO, seed=3, temperature=1, extra_body={"top_k": 40})
    body = {"prompt": "ROMEO:\n", "max_tokens": 20, "seed": 3, "temperature": 1, "top_k": 40}
    same = texts.client.post(f"/v2/models/{NAME}/generate", json=body).json()
    assert (
        completion.choices[0].text == same["text"]
        and completion.choices[0].finish_reason == same["finish_reason"] == "length"
    )
    assert completion.object == "text_completion" and completion.model == f"{NAME}:{same['model_version']}"
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens, completion.usage.total_tokens) == (
        7,
        20,
        27,
    )
    row = logged(completion.id, texts_home)
    assert row["prediction"]["text"] == same["text"] and row["inputs"]["top_k"] == 40 and row["client"] == "ann"
    assert row["inputs"]["presence_penalty"] == 0, "what the client does not say is as the schema has it"


def test_the_models_are_listed(texts, openai):
    assert [model.id for model in openai.models.list()] == texts.client.get("/v1/models").json()["models"]
    assert NAME in [model.id for model in openai.models.list()]


def test_a_version_may_be_named(openai):
    version = openai.completions.create(**ROMEO).model
    assert openai.completions.create(**ROMEO | {"model": version}).model == version
    with pytest.raises(NotFoundError, match="no version '99'") as error:
        openai.completions.create(**ROMEO | {"model": f"{NAME}:99"})
    assert error.value.code == "model_not_found"


def test_the_chunks_of_a_stream_add_up(openai, texts_home):
    whole = openai.completions.create(**ROMEO, seed=5)
    chunks = list(openai.completions.create(**ROMEO, seed=5, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["length"]
    assert {chunk.id for chunk in chunks} == {chunks[0].id} and len(chunks) > 5
    assert logged(chunks[0].id, texts_home)["prediction"]["text"] == whole.choices[0].text


def test_a_stream_counts_its_tokens_where_that_is_asked(openai):
    *chunks, last = openai.completions.create(**ROMEO, stream=True, stream_options={"include_usage": True})
    assert last.choices == [] and last.usage.total_tokens == 27
    assert all(chunk.usage is None for chunk in chunks)


def test_a_stream_ends_as_openais_do(texts):
    text = texts.client.post("/v1/completions", json=ROMEO | {"stream": True}).text
    assert text.endswith("data: [DONE]\n\n")
    for event in text.split("\n\n")[:-2]:
        assert json.loads(event.removeprefix("data: "))["object"] == "text_completion"


def test_a_conversation_is_a_scene_of_a_play(openai, texts_home):
    messages = [{"role": "system", "content": "Elsinore."}, USER, {"role": "assistant", "content": "Me."}]
    parts = [{"type": "text", "text": "Nay, "}, {"type": "text", "text": "answer me."}]
    messages.append({"role": "user", "name": "Francisco", "content": parts})
    completion = openai.chat.completions.create(
        model=NAME, messages=messages, max_completion_tokens=30, seed=1, stop="q"
    )
    inputs = logged(completion.id, texts_home)["inputs"]
    scene = "Elsinore.\n\nUSER:\nWho's there?\n\nASSISTANT:\nMe.\n\nFRANCISCO:\nNay, answer me.\n\nASSISTANT:\n"
    assert inputs["prompt"] == scene and inputs["max_tokens"] == 30 and list(inputs["stop"]) == ["\n\n", "q"]
    assert completion.object == "chat.completion" and completion.choices[0].message.role == "assistant"
    chunks = list(
        openai.chat.completions.create(model=NAME, messages=messages, max_tokens=30, seed=1, stop=["q"], stream=True)
    )
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[0].object == "chat.completion.chunk"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == completion.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == completion.choices[0].finish_reason


def test_a_text_ends_before_a_stop_string(openai):
    whole = openai.completions.create(**ROMEO, seed=0).choices[0].text
    stop = next(letter for letter in whole[5:] if letter.isascii())
    choice = openai.completions.create(**ROMEO, seed=0, stop=stop).choices[0]
    assert choice.text == whole[: whole.index(stop)] and choice.finish_reason == "stop"
    assert openai.completions.create(**ROMEO, seed=0, stop=[stop]).choices[0].text == choice.text


REFUSED = [
    (ROMEO | {"prompt": "x" * 3000}, "prompt", "at most 2000 characters"),
    (ROMEO | {"prompt": ["a", "b"]}, "prompt", "several texts are sent one by one"),
    (ROMEO | {"prompt": [1, 2]}, "prompt", "Tokens are not taken"),
    ({"model": NAME}, "prompt", "`prompt` is missing"),
    ({"prompt": "a"}, "model", "send the name of a capstone"),
    (ROMEO | {"model": 3}, "model", "send the name of a capstone"),
    (ROMEO | {"temprature": 1}, "temprature", "Did you mean 'temperature'? Leave it out."),
    (ROMEO | {"temperature": 9}, "temperature", "less than or equal to 2"),
    (ROMEO | {"n": 9}, "n", "may have 1 to 8 choices"),
    (ROMEO | {"n": 2, "stream": True}, "n", "A stream has one choice"),
    (ROMEO | {"best_of": 2}, "best_of", "Only 1 is offered for `best_of`"),
    (ROMEO | {"stream": "yes"}, "stream", "is a str, not a bool"),
    (ROMEO | {"stream_options": {"usage": True}}, "stream_options", "it has `include_usage`"),
    (ROMEO | {"max_completion_tokens": 3}, "max_tokens", "differ. Send one."),
    (ROMEO | {"response_format": {"type": "json_object"}}, "response_format", "json_schema"),
    (ROMEO | {"logprobs": "all"}, "logprobs", "the number of alternatives"),
    (ROMEO | {"logprobs": 9}, "logprobs", "less than or equal to 5"),
    ({"model": "telegraph", "prompt": "a", "logprobs": 1}, "logprobs", "answers no log probabilities"),
    (ROMEO | {"stop": [""]}, "stop.0", "at least 1 character"),
    (ROMEO | {"model": "writer"}, "model", "makes no text"),
]


@pytest.mark.parametrize(("body", "field", "problem"), REFUSED)
def test_bad_requests_are_refused_with_what_to_do(texts, body, field, problem):
    reply = texts.client.post("/v1/completions", json=body)
    error = reply.json()["error"]
    assert reply.status_code == 400 and problem in error["message"] and error["param"] == field, error
    assert error["type"] == "invalid_request_error" and error.keys() == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("messages", "field", "problem"),
    [
        ([], "messages", "at least one message"),
        (["a"], "messages.0", "`role` and `content`"),
        ([USER, {"role": "king", "content": "a"}], "messages.1.role", "system, developer, user, assistant, tool"),
        ([USER, {"role": "tool", "content": "a"}], "messages", "calls no tools"),
        ([USER | {"content": [{"type": "image_url"}]}], "messages.0.content", "parts of the type `text`"),
        ([USER | {"tool_calls": [1]}], "messages.0", "no `tool_calls` here"),
        ([USER | {"content": "x" * 3000}], "messages", "at most 2000 characters"),
    ],
)
def test_bad_conversations_are_refused(texts, messages, field, problem):
    error = texts.client.post("/v1/chat/completions", json={"model": NAME, "messages": messages}).json()["error"]
    assert problem in error["message"] and error["param"] == field, error


def test_the_client_raises_its_own_errors(texts, openai):
    with pytest.raises(BadRequestError, match="at most 2000 characters") as refused:
        openai.completions.create(**ROMEO | {"prompt": "x" * 3000})
    assert refused.value.param == "prompt"
    with pytest.raises(NotFoundError, match="GET /v2/models lists") as unknown:
        openai.completions.create(**ROMEO | {"model": "hamlet"})
    assert unknown.value.code == "model_not_found"
    with pytest.raises(BadRequestError, match="takes no messages"):
        openai.chat.completions.create(model="telegraph", messages=[USER])
    with pytest.raises(AuthenticationError):
        openai.with_options(api_key="wrong").completions.create(**ROMEO)
    with pytest.raises(NotFoundError, match="no challenger loaded"):
        openai.completions.create(**ROMEO, extra_headers={"x-capstan-variant": "challenger"})
    assert (
        texts.client.post("/v1/completions", content=b"{").json()["error"]["message"].startswith("The body is no valid")
    )
    assert texts.client.get("/v1/completions").status_code == 405


def test_a_model_without_an_engine_streams_too(openai, texts_home):
    completion = openai.completions.create(model="telegraph", prompt="send help", max_tokens=4)
    assert completion.choices[0].text == "stop " * 4 and completion.usage.completion_tokens == 4
    assert completion.usage.prompt_tokens is None, "the model does not count them"
    row = logged(completion.id, texts_home, "telegraph")
    assert row["prediction"]["tokens"] == 4 and not row["partial"]


def test_a_model_that_fails_later_sends_one_error_and_a_partial_record(texts, openai, texts_home):
    before, got = errors(texts, "500"), []
    stream = openai.completions.create(model="telegraph", prompt="send help", stream=True, extra_body={"fail_at": 2})
    with pytest.raises(APIError, match="Internal error"):
        for chunk in stream:
            got.append(chunk)
    assert [chunk.choices[0].text for chunk in got] == ["stop ", "stop "]
    row = logged(got[0].id, texts_home, "telegraph")
    assert row["partial"] and row["prediction"]["tokens"] == 2
    with pytest.raises(InternalServerError, match="Internal error"):
        openai.completions.create(model="telegraph", prompt="send help", extra_body={"fail_at": 0})
    assert errors(texts, "500") == before + 2


def test_a_client_that_leaves_stops_the_model(texts, openai, texts_home):
    stream = openai.completions.create(
        model="telegraph", prompt="hold on", max_tokens=10_000, stream=True, extra_body={"pause": 0.05}
    )
    first = next(iter(stream))
    stream.close()
    row = logged(first.id, texts_home, "telegraph")
    assert row["partial"] and row["prediction"]["tokens"] < 100
    wait_until(lambda: "telegram 'hold on' closed after" in texts.log.read_text())


def test_the_limits_are_those_of_the_model_that_the_body_names(texts, openai):
    reply = texts.client.post("/v1/completions", json={"model": "telegraph", "prompt": "x" * 60_000})
    assert reply.status_code == 413 and "larger than 50000 bytes" in reply.json()["error"]["message"]
    slow = {"model": "telegraph", "prompt": "hold the line", "max_tokens": 1000, "stream": True}
    streams = [openai.completions.create(**slow, extra_body={"pause": 0.1}) for _ in range(4)]
    reply = texts.client.post("/v1/completions", json={"model": "telegraph", "prompt": "one more"})
    assert reply.status_code == 503 and "'telegraph' streams 4 answers" in reply.json()["error"]["message"]
    assert reply.json()["error"]["type"] == "server_error" and reply.headers["retry-after"] == "1"
    assert openai.completions.create(**ROMEO).choices
    for stream in streams:
        stream.close()
    end = time.monotonic() + 10
    while texts.client.post("/v1/completions", json={"model": "telegraph", "prompt": "a"}).status_code != 200:
        assert time.monotonic() < end


def test_headers_name_the_prediction_and_its_variant(texts):
    reply = texts.client.post("/v1/completions", json=ROMEO)
    assert reply.headers["x-request-id"] == reply.json()["id"] and reply.headers["x-capstan-variant"] == "champion"
    with httpx.stream(
        "POST", f"{texts.url}/v1/completions", json=ROMEO | {"stream": True}, headers=texts.client.headers
    ) as got:
        assert got.headers["content-type"].startswith("text/event-stream") and got.headers["x-request-id"]
