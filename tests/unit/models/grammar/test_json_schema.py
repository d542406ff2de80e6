"""Texts that keep a JSON schema, drawn from noise, and schemas that are refused."""

import json
import random
import time
from collections.abc import Callable

import jsonschema
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.grammar.json_guide import Guide
from models.grammar.json_schema import DEEPEST, BadSchema, grammar
from models.transformer.decoder import Decoder, Shape
from models.transformer.sampling import Sampling
from models.transformer.streams import Stream, Streams

PERSON = {
    "type": "object",
    "title": "Person",
    "properties": {
        "name": {"type": "string", "maxLength": 8},
        "born": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "house": {"$ref": "#/$defs/House"},
        "friends": {"type": "array", "items": {"type": "string", "maxLength": 4}, "minItems": 1, "maxItems": 3},
    },
    "required": ["name", "house"],
    "additionalProperties": False,
    "$defs": {"House": {"enum": ["Montague", "Capulet", None, 3.5, {"a": ["é", True]}]}},
}
SCHEMAS = [
    PERSON,
    True,
    {},
    {"type": "string", "minLength": 2, "maxLength": 3},
    {"type": "number"},
    {"type": ["integer", "null", "boolean"]},
    {"type": "array", "items": {"type": "array", "maxItems": 2}, "minItems": 2, "maxItems": 3},
    {"type": "array", "items": {"enum": []}},
    {"type": "object", "properties": {"a": {}, "b": False, "c": {"const": 1}}, "required": ["c"]},
    {"type": "object"},
    {"properties": {"a": {"type": "boolean"}}},
    {"const": {"deep": [1, {"é": "€👍"}]}},
    {"enum": ["a", "ab", "abc", "b", 1, 12, 123]},
    {"type": "string", "enum": ["a", 1]},
    {"anyOf": [{"type": "integer"}, False, {"type": "object", "properties": {"a": {"type": "null"}}}]},
]


def drawn(schema: object, seed: int, most: int = 20_000) -> bytes:
    """Return a text of bytes drawn at random from those that may come."""
    guide, content, chance = Guide(grammar(json.dumps(schema))), [], random.Random(seed)
    while not guide.ended(content):
        allowed = guide(content).nonzero().flatten().tolist()
        assert allowed and len(content) < most
        content.append(chance.choice(allowed))
    return bytes(content)


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema)[:40])
def test_what_is_drawn_from_noise_satisfies_its_schema(schema):
    texts = {drawn(schema, seed) for seed in range(40)}
    for text in texts:
        jsonschema.validate(json.loads(text), schema)
    assert len(texts) > 1 or schema in ({"type": "object"}, SCHEMAS[7], SCHEMAS[11], SCHEMAS[13])


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema)[:40])
def test_json_is_complete_before_its_bytes_run_out(schema):
    """However few they are, and though a string has no bound: noise would not close it."""
    node, chance = grammar(json.dumps(schema)), random.Random(0)
    for most in range(node.shortest, node.shortest + 25):
        guide, content = Guide(node, most), []
        while len(content) < most and not guide.ended(content):
            content.append(chance.choice(guide(content).nonzero().flatten().tolist()))
        jsonschema.validate(json.loads(bytes(content)), schema)


def test_all_of_an_enum_may_come():
    schema = {"enum": ["a", "ab", "abc", "b", 1, 12, 123, None]}
    assert {json.dumps(json.loads(drawn(schema, seed))) for seed in range(300)} == {*map(json.dumps, schema["enum"])}


def test_objects_have_any_of_their_optional_properties_in_order():
    schema = {"type": "object", "properties": {name: {"const": 1} for name in "abc"}, "required": ["b"]}
    keys = {"".join(json.loads(drawn(schema, seed))) for seed in range(200)}
    assert keys == {"b", "ab", "bc", "abc"}


scalars = st.one_of(
    st.just({"type": "number"}),
    st.just({"type": "integer"}),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(
        lambda least, more: {"type": "string", "minLength": least, "maxLength": least + more}, *[st.integers(0, 3)] * 2
    ),
    st.builds(
        lambda values: {"enum": values},
        st.lists(
            st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), st.lists, max_leaves=3),
            min_size=1,
            max_size=5,
        ),
    ),
)


def nested(parts):
    names = st.dictionaries(st.text(max_size=3), parts, max_size=4)
    objects = names.flatmap(
        lambda own: st.builds(
            lambda required: {"type": "object", "properties": own, "required": required, "additionalProperties": False},
            st.lists(st.sampled_from([*own]), unique=True) if own else st.just([]),
        )
    )
    arrays = st.builds(
        lambda items, least, more: {"type": "array", "items": items, "minItems": least, "maxItems": least + more},
        parts,
        *[st.integers(0, 2)] * 2,
    )
    return objects | arrays | st.builds(lambda options: {"anyOf": options}, st.lists(parts, min_size=1, max_size=3))


@settings(max_examples=100, deadline=None)
@given(st.recursive(scalars, nested, max_leaves=6), st.integers(0, 9))
def test_any_schema_is_satisfied(schema, seed):
    content = drawn(schema, seed, 100_000)
    jsonschema.validate(json.loads(content), schema)
    assert len(content) >= grammar(json.dumps(schema)).shortest


def test_a_stream_of_a_network_that_knows_nothing_keeps_its_schema():
    torch.manual_seed(0)
    streams = Streams(Decoder(Shape(vocabulary=256, width=16, layers=1, heads=2, context=64)).eval(), pages=300)
    guides = [Guide(grammar(json.dumps(PERSON))) for _ in range(4)]
    wanted = [Stream([1], 600, Sampling(1.5), seed, guide) for seed, guide in enumerate(guides)]
    for stream in wanted:
        streams.add(stream)
    while streams.waiting or streams.running:
        for stream in streams.step():
            if stream.allowed.ended(stream.made):
                streams.end(stream)
    for stream in wanted:
        jsonschema.validate(json.loads(bytes(stream.made)), PERSON)


def test_a_byte_that_is_not_allowed_is_an_error():
    with pytest.raises(ValueError, match="Byte 91 at 0 is not allowed"):
        Guide(grammar('{"type": "null"}'))(b"[")


def deep(count: int, schema: object = True) -> object:
    for _ in range(count):
        schema = {"type": "array", "items": schema}
    return schema


CHAIN = {"$ref": "#/$defs/0", "$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(200)} | {"200": {}}}
WIDE = {
    "$ref": "#/$defs/0",
    "$defs": {str(n): deep(1, {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2}) for n in range(20)} | {"20": {}},
}
REFUSED = [
    ("{", "is no JSON"),
    ("NaN", "NaN is no JSON"),
    ('{"enum": [1e999]}', "is no JSON"),
    ('{"const": "\\ud800"}', "is no JSON"),
    ("3", "expected an object, not a JSON int"),
    ('{"type": "float"}', "'type' is one of object"),
    ('{"type": {}}', "'type' is one of object"),
    ('{"type": "string", "pattern": "a+"}', "#: 'pattern' is not supported"),
    ('{"properties": {"a": {"format": "date"}}}', "#/properties/a: 'format' is not supported"),
    ('{"type": "string", "maxLength": -1}', "whole numbers from 0"),
    ('{"type": "string", "minLength": 5000}', "at most 1000 are supported"),
    ('{"properties": []}', "#/properties: expected an object"),
    ('{"required": ["a"]}', "'a' is required and not among the properties"),
    ('{"anyOf": {}}', "#/anyOf: expected an array"),
    ('{"anyOf": [{}], "type": "string"}', "'type' next to 'anyOf'"),
    ('{"additionalProperties": {}}', "Declare the properties"),
    ('{"$ref": "https://example.com"}', "a part of this schema"),
    ('{"$ref": "#/$defs/none"}', "there is no"),
    ('{"$ref": "#"}', "'#' is recursive"),
    ('{"properties": {"a": {"$ref": "#/properties/a"}}}', "is recursive"),
    ('{"enum": []}', "Nothing satisfies"),
    ("false", "Nothing satisfies"),
    ('{"type": "string", "enum": [1]}', "Nothing satisfies"),
    ('{"type": "array", "items": false, "minItems": 1}', "Nothing satisfies"),
    ('{"type": "string", "minLength": 3, "maxLength": 2}', "Nothing satisfies"),
    ('{"properties": {"a": {"enum": []}}, "required": ["a"]}', "Nothing satisfies"),
    (json.dumps(deep(DEEPEST + 1)), "nested too deeply"),
    ('{"anyOf":[' * 700 + "true" + "]}" * 700, "nested too deeply"),
    ("[" * 5000, "nested too deeply|is no JSON"),
    (json.dumps(CHAIN), "nested too deeply"),
    (json.dumps(WIDE), "nested too deeply"),
    ('{"title": "' + "x" * 10_000 + '"}', "at most 10000"),
]


def least_cost(call: Callable[[], object]) -> float:
    """Return the least processor time of three calls: collections of garbage that earlier tests left are not its."""
    costs = []
    for _ in range(3):
        start = time.process_time()
        call()
        costs.append(time.process_time() - start)
    return min(costs)


@pytest.mark.parametrize(("text", "problem"), REFUSED, ids=[text[:60] for text, _ in REFUSED])
def test_schemas_are_refused_at_once_with_the_place_and_the_reason(text, problem):
    def refuse() -> None:
        with pytest.raises(BadSchema, match=problem):
            grammar(text)

    assert least_cost(refuse) < 0.2


def ambiguous(count: int) -> object:
    """Return a schema whose texts have more ways to be read with each bracket."""
    parts = {
        str(level): {"anyOf": [{"items": {"$ref": f"#/$defs/{level + 1}"}, "maxItems": 3 + n} for n in range(3)]}
        for level in range(count)
    }
    return {"$ref": "#/$defs/0", "$defs": parts | {str(count): {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        ambiguous(12),
        {"properties": {f"{n:x}": {} for n in range(900)}},
        {"enum": [*range(1000)]},
        {"type": "array", "items": deep(DEEPEST - 3, {"type": "string"})},
    ],
    ids=["ambiguous", "wide", "enum", "deep"],
)
def test_a_step_of_a_large_schema_costs_little(schema):
    text = json.dumps(schema)

    def write() -> int:
        guide, content, chance = Guide(grammar(text)), [], random.Random(0)
        while len(content) < 300 and not guide.ended(content):
            allowed = guide(content).nonzero().flatten().tolist()
            content.append(ord("[") if ord("[") in allowed else chance.choice(allowed))
        return len(content)

    assert least_cost(write) < 0.2 + 0.005 * write()
