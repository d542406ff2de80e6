"""What OpenAI's API says next to a text: JSON that keeps a schema, log probabilities; and whatever is sent to it."""

import json
from typing import Literal

import jsonschema
import pytest
from pydantic import BaseModel

from tests.support.texts import NAME, ROMEO, USER, logged

pytestmark = [pytest.mark.slow, pytest.mark.rotating]


SPEECH = {
    "type": "object",
    "properties": {
        "speaker": {"enum": ["ROMEO", "JULIET"]},
        "lines": {"type": "array", "items": {"type": "string", "maxLength": 5}, "maxItems": 2},
    },
    "required": ["speaker", "lines"],
    "additionalProperties": False,
}


def of_schema(schema: dict) -> dict:
    return {"type": "json_schema", "json_schema": {"name": "speech", "schema": schema, "strict": True}}


def test_an_answer_keeps_its_json_schema(openai, texts_home):
    for seed in range(5):
        completion = openai.chat.completions.create(
            model=NAME, messages=[USER], seed=seed, response_format=of_schema(SPEECH), max_tokens=200
        )
        jsonschema.validate(json.loads(completion.choices[0].message.content), SPEECH)
        assert completion.choices[0].finish_reason == "stop"
    row = logged(completion.id, texts_home)
    assert json.loads(row["inputs"]["json_schema"]) == SPEECH
    for most in (36, 50):  # closed in time, a text without a bound too
        for schema in (SPEECH, {"type": "array", "items": {"type": "string"}, "minItems": 1}):
            form = {"response_format": of_schema(schema)}
            short = openai.completions.create(**ROMEO | {"max_tokens": most}, extra_body=form)
            jsonschema.validate(json.loads(short.choices[0].text), schema)


class Speech(BaseModel):
    """A speech as a class, which the client makes a schema of."""

    speaker: Literal["ROMEO", "JULIET"]
    loud: bool | None


def test_the_client_parses_an_answer_into_a_class(openai):
    completion = openai.chat.completions.parse(model=NAME, messages=[USER], response_format=Speech)
    assert isinstance(completion.choices[0].message.parsed, Speech)


@pytest.mark.parametrize(
    ("schema", "most", "field", "problem"),
    [
        ({"type": "string", "pattern": "a+"}, 20, "response_format", "'pattern' is not supported"),
        ({"enum": []}, 20, "response_format", "Nothing satisfies"),
        ({"type": "string", "minLength": 90}, 20, "max_tokens", "the shortest JSON of this schema has 92"),
    ],
)
def test_schemas_that_cannot_be_kept_are_refused(texts, schema, most, field, problem):
    body = ROMEO | {"max_tokens": most, "response_format": of_schema(schema)}
    reply = texts.client.post("/v1/completions", json=body)
    assert reply.status_code == 400 and problem in reply.json()["error"]["message"]
    assert reply.json()["error"]["param"] == field
    reply = texts.client.post(
        "/v1/completions", json={"model": "telegraph", "prompt": "a", "response_format": of_schema(schema)}
    )
    assert reply.status_code == 400 and "takes no `response_format`" in reply.json()["error"]["message"]


def test_log_probabilities_come_with_the_bytes_made(texts, openai, texts_home):
    asked = {"model": NAME, "messages": [USER], "seed": 4, "max_tokens": 12, "logprobs": True, "top_logprobs": 2}
    completion = openai.chat.completions.create(**asked)
    tokens = completion.choices[0].logprobs.content
    assert len(tokens) == completion.usage.completion_tokens == 12
    text = bytes(token.bytes[0] for token in tokens).decode(errors="replace")
    assert text == completion.choices[0].message.content
    for token in tokens:
        likeliest = [alternative.logprob for alternative in token.top_logprobs]
        assert len(likeliest) == 2 and likeliest[0] >= likeliest[1] and token.logprob <= likeliest[0] <= 0
    chunks = list(openai.chat.completions.create(**asked, stream=True))
    parts = [part for chunk in chunks if chunk.choices[0].logprobs for part in chunk.choices[0].logprobs.content]
    assert [part.bytes for part in parts] == [token.bytes for token in tokens]
    assert [part.logprob for part in parts] == pytest.approx([token.logprob for token in tokens], abs=1e-4)
    record = logged(chunks[0].id, texts_home)["prediction"]
    assert [token["bytes"] for token in record["logprobs"]] == [token.bytes for token in tokens]
    body = {"prompt": "ROMEO:\n", "max_tokens": 12, "seed": 4}
    same = texts.client.post(f"/v2/models/{NAME}/generate", json=body | {"logprobs": True}).json()["logprobs"]
    by_v1 = texts.predict(body | {"logprobs": True}, name=NAME).json()["predictions"][0]["logprobs"]
    assert len(same) == 12 and [token["bytes"] for token in by_v1] == [token["bytes"] for token in same]
    assert texts.client.post(f"/v2/models/{NAME}/generate", json=body).json()["logprobs"] == []


def test_attention_comes_with_the_log_probabilities(openai):
    asked = {"model": NAME, "messages": [USER], "max_tokens": 12, "logprobs": True}
    completion = openai.chat.completions.create(**asked, extra_body={"attention": 8})
    tokens = [token.model_dump() for token in completion.choices[0].logprobs.content]
    for number, token in enumerate(tokens):
        (seen,) = token["attention"]  # the model has one layer
        shares = [position["share"] for position in seen]
        assert len({position["back"] for position in seen}) == 8 and shares == sorted(shares, reverse=True)
        assert (
            all(1 <= position["back"] <= completion.usage.prompt_tokens + number for position in seen)
            and 0 < sum(shares) < 1.001
        )
    without = openai.chat.completions.create(**asked).choices[0].logprobs.content
    assert [token.model_dump()["attention"] for token in without] == [[]] * 12


def test_log_probabilities_do_not_change_the_text_of_a_seed_nor_does_its_length(openai):
    asked = {"model": NAME, "messages": [USER], "seed": 4}
    plain = openai.chat.completions.create(**asked, max_tokens=40).choices[0].message.content.encode()
    shown = openai.chat.completions.create(
        **asked, max_tokens=40, logprobs=True, top_logprobs=3, extra_body={"attention": 2}
    ).choices[0]
    assert shown.message.content.encode() == plain
    encoded = bytes(token.bytes[0] for token in shown.logprobs.content)
    short = openai.chat.completions.create(**asked, max_tokens=17, logprobs=True).choices[0].logprobs.content
    assert bytes(token.bytes[0] for token in short) == encoded[:17]


def test_texts_differ_unless_a_seed_is_given(texts, openai):
    body = ROMEO | {"n": 4}
    completion = openai.completions.create(**body)
    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert len({choice.text for choice in completion.choices}) == 4
    assert (
        completion.usage.completion_tokens == 80
        and completion.usage.total_tokens == 80 + completion.usage.prompt_tokens
    )
    seeded = [openai.completions.create(**body, seed=7, logprobs=0) for _ in range(2)]
    sampled, repeated = ([choice.text for choice in answer.choices] for answer in seeded)
    assert sampled == repeated and len({*sampled}) == 4
    assert all(choice.logprobs.text_offset[0] == 0 for choice in seeded[0].choices)
    assert openai.completions.create(**ROMEO, seed=9).choices[0].text == sampled[2]
    row = {"prompt": "ROMEO:\n", "max_tokens": 20}
    first = texts.predict(row, name=NAME).json()["predictions"][0]
    again = texts.predict(row | {"seed": first["seed"]}, name=NAME).json()["predictions"][0]
    assert again["text"] == first["text"] and 0 <= first["seed"] < 2**53


def test_each_choice_is_in_the_log(openai, texts_home):
    completion = openai.completions.create(**ROMEO, n=3)
    for choice in completion.choices:
        assert logged(choice.id, texts_home)["prediction"]["text"] == choice.text
    assert completion.choices[0].id == completion.id


def test_log_probabilities_of_a_completion_are_lists(openai):
    probabilities = openai.completions.create(**ROMEO, seed=2, logprobs=3).choices[0].logprobs
    assert len(probabilities.tokens) == len(probabilities.token_logprobs) == len(probabilities.text_offset) == 20
    assert all(len(top) == 3 for top in probabilities.top_logprobs)
    assert probabilities.text_offset[0] == 0 and probabilities.text_offset == sorted(probabilities.text_offset)
    chunks = list(openai.completions.create(**ROMEO, seed=2, logprobs=3, stream=True))
    parts = [chunk.choices[0].logprobs for chunk in chunks if chunk.choices[0].logprobs]
    assert [offset for part in parts for offset in part.text_offset] == probabilities.text_offset
    assert [token for part in parts for token in part.tokens] == probabilities.tokens
    assert openai.completions.create(**ROMEO, logprobs=0).choices[0].logprobs.top_logprobs == [{}] * 20
    assert openai.completions.create(**ROMEO).choices[0].logprobs is None


def test_whatever_is_sent_is_answered_or_refused(texts, fuzz):
    fuzz.watch(texts.log)
    text = ROMEO | {"stop": ["a"], "seed": 1, "temperature": 0.5, "logprobs": 2, "response_format": of_schema(SPEECH)}
    talk = {"model": NAME, "messages": [USER, USER | {"name": "Ann", "content": [{"type": "text", "text": "Who?"}]}]}
    talk |= {"stream": True, "stream_options": {"include_usage": True}, "logprobs": True, "top_logprobs": 1}
    for mutator in fuzz.examples("openai", 150):
        path, body = mutator.random.choice((("/v1/completions", text), ("/v1/chat/completions", talk)))
        reply = fuzz.post(texts.client, mutator, path, mutator.body(body | {"max_tokens": 40}))
        if reply is not None and reply.status_code != 200:
            assert reply.json()["error"].keys() == {"message", "type", "param", "code"}
    fuzz.verify()
    deep = {"type": "json_schema", "json_schema": {"schema": {}}}
    for _ in range(300):
        deep["json_schema"]["schema"] = {"items": deep["json_schema"]["schema"]}
    reply = texts.client.post("/v1/completions", json=ROMEO | {"response_format": deep})
    assert reply.status_code == 400 and "nested too deeply" in reply.json()["error"]["message"]
