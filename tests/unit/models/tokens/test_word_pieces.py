"""WordPiece against Hugging Face's tokenizers with the same pieces, and what is learned against the likelihood."""

import itertools
import math
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers

from models.tokens.byte_pairs import WORDS
from models.tokens.word_piece_training import ratio, train
from models.tokens.word_pieces import BYTES, MORE, SPLITTER, WordPieces

ASSIGNED = st.characters(exclude_categories=["Cn", "Cs"])  # what is assigned differs between versions of Unicode


@pytest.fixture(scope="module")
def text(plays) -> str:
    return plays[:200_000]


@pytest.fixture(scope="module")
def ours(text) -> WordPieces:
    return train([text[:100_000]], 1_000)


@pytest.fixture(scope="module")
def theirs(ours) -> Tokenizer:
    """Hugging Face's, with our pieces; a word that they cannot make is `[UNK]`, number 0."""
    numbers = {"[UNK]": 0} | {piece: BYTES + place for place, piece in enumerate(ours.pieces)}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=10**6))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), "isolated")
    return tokenizer


def known(ours: WordPieces, text: str) -> list[int]:
    """Return our numbers, with 0 for a word that becomes bytes."""
    words = (ours.encode(word) for word in SPLITTER.findall(text))
    return [number for word in words for number in ([0] if word[0] < BYTES else word)]


def test_texts_become_the_same_pieces_as_in_tokenizers(ours, theirs, text):
    assert known(ours, text) == theirs.encode(text).ids
    assert len(ours.encode(text)) < 0.5 * len(text)


@given(st.text(ASSIGNED | st.sampled_from("the king's ")))
def test_any_text_becomes_the_same_pieces(ours, theirs, any_text):
    assert known(ours, any_text) == theirs.encode(any_text).ids


@given(st.text())
@example("## ##! ##")
@example("the kingß is here")
def test_any_text_comes_back(ours, any_text):
    assert ours.decode(ours.encode(any_text)).decode() == any_text


def test_a_word_that_looks_like_a_piece_that_goes_on_comes_back():
    trained = train(["#!! #!! #!!"], 1_000)
    assert "##!!" in trained.pieces and trained.decode(trained.encode("##!! #!!")) == b"##!! #!!"


def likelihood(words: list[list[str]]) -> float:
    """Return the log likelihood of words, each piece as likely as it is frequent."""
    counts = Counter(itertools.chain(*words))
    return sum(count * math.log(count / counts.total()) for count in counts.values())


def joined(word: list[str], pair: tuple[str, str]) -> list[str]:
    pieces: list[str] = []
    for piece in word:
        if pieces and (pieces[-1], piece) == pair:
            pieces[-1] += piece.removeprefix(MORE)
        else:
            pieces.append(piece)
    return pieces


def test_each_piece_is_the_pair_that_makes_the_text_likeliest(text):
    """Every possible pair is tried, and the text that it makes is measured."""
    words = [[word[0], *(MORE + sign for sign in word[1:])] for word in SPLITTER.findall(text[:400])]
    signs = len({piece for word in words for piece in word})
    for piece in train([text[:400]], BYTES + signs + 12).pieces[signs:]:
        pairs = dict.fromkeys(pair for word in words for pair in itertools.pairwise(word))
        after = {pair: likelihood([joined(word, pair) for word in words]) for pair in pairs}
        best = max(after.values())
        [taken] = [pair for pair in pairs if joined(list(pair), pair) == [piece]]
        assert after[taken] == pytest.approx(best, abs=1e-9)
        words = [joined(word, taken) for word in words]


def test_the_ratio_takes_a_pair_of_rare_signs_first():
    signs = 6  # a, ##a, ##b, ##q, ##z and the blank
    text = "ab ab ab ab qz"
    assert train([text], BYTES + signs + 1, ratio).pieces[signs:] == ["##qz"]
    assert train([text], BYTES + signs + 1).pieces[signs:] == [" a"]


def test_sizes_count_bytes_and_signs():
    with pytest.raises(ValueError, match="too few"):
        train(["abc"], BYTES + 2)
    assert train(["ab"], 1_000).pieces == ["##b", "a", "ab"]  # no pair is left
