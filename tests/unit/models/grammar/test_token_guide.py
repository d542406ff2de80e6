"""Tokens of several bytes keep a schema."""

import json

import jsonschema
import pytest
import torch

from models.grammar.json_schema import grammar
from models.grammar.token_guide import TokenGuide

PARTS = ('{"', '": "', '", "', '"}', "na", "me", "age", '": ', "12", "[[", "]", "true", "null", " the", "ä")
BYTES = {number: bytes([number]) for number in range(256)} | {
    256 + place: part.encode() for place, part in enumerate(PARTS)
}
END = 256 + len(PARTS)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "of": {"enum": ["here", "there"]}},
    "required": ["name", "age"],
}


def drawn(schema: object, seed: int, most: int) -> list[int]:
    """Return tokens that a network that knows nothing draws, up to the end."""
    guide, tokens_made, generator = TokenGuide(grammar(json.dumps(schema)), BYTES, [END], most), [], torch.Generator()
    generator.manual_seed(seed)
    while len(tokens_made) < most and not guide.ended(tokens_made):
        logits = torch.randn(END + 1, generator=generator) * 3
        shares = logits.masked_fill(~guide(tokens_made, logits), -torch.inf).softmax(-1)
        token = int(torch.multinomial(shares, 1, generator=generator))
        if token == END:
            break
        tokens_made.append(token)
    return tokens_made


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most", [60, 120])
def test_what_is_drawn_satisfies_the_schema_and_ends_in_time(seed, most):
    tokens_made = drawn(PERSON, seed, most)
    jsonschema.validate(json.loads(b"".join(BYTES[token] for token in tokens_made)), PERSON)


def test_tokens_of_several_bytes_come():
    assert any(token >= 256 for token in drawn(PERSON, 0, 200))


def test_an_unlikely_token_of_several_bytes_is_not_tried_and_one_of_a_byte_always_is():
    many = {1_000 + number: b"true" for number in range(300)}
    guide = TokenGuide(grammar('{"type": "boolean"}'), BYTES | many, [END], 10)
    logits = torch.zeros(1_300)
    logits[1_000:1_250] = torch.linspace(3, 1, 250)
    allowed = guide([], logits)
    assert allowed[1_000] and not allowed[1_290] and allowed[ord("t")] and not allowed[ord("[")]


def test_a_token_that_is_not_allowed_is_an_error():
    with pytest.raises(ValueError, match="Token 91 at 0 is not allowed"):
        TokenGuide(grammar('{"type": "null"}'), BYTES, [END], 10)([91], torch.zeros(END + 1))


def test_a_complete_text_may_end():
    guide = TokenGuide(grammar('{"type": "boolean"}'), BYTES, [END], 10)
    assert not guide([], torch.zeros(END + 1))[END]
    true = 256 + PARTS.index("true")
    assert guide([true], torch.zeros(END + 1))[END] and guide.ended([true])
