"""Unigram tokens against Hugging Face's tokenizers with the same scores, and learning against all ways written out."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from models.tokens.byte_pairs import WORDS
from models.tokens.unigram_training import expectations, train
from models.tokens.unigrams import BYTES, Unigrams

ASSIGNED = st.characters(exclude_categories=["Cn", "Cs"])  # what is assigned differs between versions of Unicode
SOME = {"a": -2.0, "b": -3.0, "ab": -3.5, "ba": -4.0, "aba": -6.0}


@pytest.fixture(scope="module")
def text(plays) -> str:
    return plays[:60_000]


@pytest.fixture(scope="module")
def ours(text) -> Unigrams:
    return train([text[:30_000]], 700)


@pytest.fixture(scope="module")
def theirs(ours) -> Tokenizer:
    """Hugging Face's, with our pieces and scores, and bytes for what they do not have."""
    pieces = [(f"<0x{byte:02X}>", 0.0) for byte in range(BYTES)] + list(ours.scores.items()) + [("<unk>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=len(pieces) - 1, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), "isolated")
    return tokenizer


def test_texts_become_the_same_pieces_as_in_tokenizers(ours, theirs, text):
    assert ours.encode(text) == theirs.encode(text).ids
    assert len(ours.encode(text)) < 0.6 * len(text)


@given(st.text(ASSIGNED | st.sampled_from("the king's ")))
def test_any_text_becomes_the_same_pieces(ours, theirs, any_text):
    assert ours.encode(any_text) == theirs.encode(any_text).ids


@given(st.text())
def test_any_text_comes_back(ours, any_text):
    numbers = ours.encode(any_text)
    assert ours.decode(numbers).decode() == any_text
    assert ours.decode(ours.sample(any_text, np.random.default_rng(0))).decode() == any_text


def ways(word: str) -> list[tuple[str, ...]]:
    """Return all ways to make a word of the pieces of SOME."""
    return [
        tuple(pieces)
        for cuts in itertools.product([0, 1], repeat=len(word) - 1)
        for pieces in [split(word, cuts)]
        if all(piece in SOME for piece in pieces)
    ]


def split(word: str, cuts: tuple[int, ...]) -> list[str]:
    places = [0, *(place for place, cut in enumerate(cuts, 1) if cut), len(word)]
    return [word[start:end] for start, end in itertools.pairwise(places)]


def chances(word: str) -> dict[tuple[str, ...], float]:
    found = {way: math.exp(sum(SOME[piece] for piece in way)) for way in ways(word)}
    return {way: chance / sum(found.values()) for way, chance in found.items()}


@pytest.mark.parametrize("word", ["a", "aba", "ababab", "bbaab"])
def test_expected_counts_are_those_of_all_ways(word):
    wanted: Counter[str] = Counter()
    for way, chance in chances(word).items():
        for piece in way:
            wanted[piece] += chance
    found = expectations(Unigrams(SOME), {word: 3})
    assert found == pytest.approx({piece: 3 * often for piece, often in wanted.items()})


@pytest.mark.parametrize("word", ["aba", "ababab", "bbaab"])
def test_the_likeliest_way_is_taken(word):
    found = chances(word)
    assert found[tuple(Unigrams(SOME).best(word)[1])] == pytest.approx(max(found.values()))


def test_ways_are_drawn_as_often_as_they_are_likely():
    model, random = Unigrams(SOME), np.random.default_rng(0)
    pieces = {number: piece for piece, number in model.numbers.items()}
    drawn = Counter(tuple(pieces[number] for number in model.sample("abab", random)) for _ in range(4_000))
    for way, chance in chances("abab").items():
        assert drawn[way] / 4_000 == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / 4_000))


def test_each_step_makes_the_text_likelier(text):
    """Expectation and maximization cannot make it less likely, where no piece is dropped."""
    words = Counter(text[:3_000].split(" "))
    model = Unigrams(dict.fromkeys({*text[:3_000], "th", "the", "in", "you", "er"}, math.log(0.01)))
    costs = []
    for _ in range(4):
        costs.append(sum(often * model.forward(word)[-1] for word, often in words.items()))
        counts = expectations(model, words)
        model = Unigrams({piece: math.log(often / counts.total()) for piece, often in counts.items() if often})
    assert costs == sorted(costs) and costs[-1] > costs[1] + 1


def test_scores_are_log_probabilities_of_as_many_pieces_as_asked(ours):
    assert len(ours.scores) == 700 - BYTES
    assert len(train(["ab"], 1_000).scores) == 2
    with pytest.raises(ValueError, match="too few"):
        train(["abc"], BYTES + 2)
