"""Byte pairs against Hugging Face's tokenizers, with the same merges, and back to the same bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from models.tokens.byte_pairs import BytePairs, train
from models.weights import gguf_tokens

SIGNS = gguf_tokens.signs()


def signs(token: bytes) -> str:
    return "".join(SIGNS[byte] for byte in token)


@pytest.fixture(scope="module")
def text(plays) -> str:
    return plays[:200_000]


@pytest.fixture(scope="module")
def ours(text) -> BytePairs:
    return train([text[:150_000]], 1_000, ["<|end|>"])


@pytest.fixture(scope="module")
def theirs(ours) -> Tokenizer:
    """Hugging Face's, with our merges."""
    numbers = {signs(token): number for token, number in ours.numbers.items()}
    tokenizer = Tokenizer(models.BPE(numbers, [(signs(first), signs(second)) for first, second in ours.merges]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return tokenizer


def test_texts_become_the_same_numbers_as_in_tokenizers(ours, theirs, text):
    assert ours.encode(text) == theirs.encode(text).ids
    assert len(ours.encode(text)) < 0.5 * len(text)


@given(st.text())
def test_any_text_becomes_the_same_numbers_and_comes_back(ours, theirs, any_text):
    numbers = ours.encode(any_text)
    assert numbers == theirs.encode(any_text).ids
    assert ours.decode(numbers).decode() == any_text


def test_merges_are_the_most_frequent_pairs():
    """The words of Sennrich et al. (2016), figure 1, here with the blank before each of them."""
    words = [" low"] * 5 + [" lower"] * 2 + [" newest"] * 6 + [" widest"] * 3
    trained = train(["".join(words)], 256 + 4)
    assert trained.merges == [(b"e", b"s"), (b"es", b"t"), (b" ", b"l"), (b" l", b"o")]


def test_special_tokens_are_taken_only_where_they_are_asked_for(ours):
    [end] = ours.special.values()
    assert ours.encode("to be<|end|>or", special=True).count(end) == 1
    assert end not in ours.encode("to be<|end|>or")
    assert ours.decode(ours.encode("to be<|end|>or", special=True)) == b"to be<|end|>or"


def test_sizes_count_bytes_merges_and_special_tokens(ours):
    assert len(ours.numbers) + len(ours.special) == 1_000 and len(ours.merges) == 1_000 - 256 - 1
    assert len(train(["ab"], 1_000).merges) == 1  # no pair is left
