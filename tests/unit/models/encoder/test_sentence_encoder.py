"""MiniLM against `transformers` and `tokenizers` with the same files, on real texts."""

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast

from capstan.errors import CapstanError
from capstan.inputs import weights_files
from models.encoder import minilm, vectors
from models.encoder.sentence_encoder import SentenceEncoder, Shape
from models.tokens import bert_tokens
from models.weights import safetensors_file
from tests.support.data import DATA_DIR

# What later versions of Unicode added, such as punctuation from U+061D on, `tokenizers` takes for letters.
OLD = st.characters(max_codepoint=0x5FF, exclude_categories=["Cn", "Cs"])
ODD = [
    "",
    "  ",
    "naïve café",
    "don't!!! :-)",
    "中文 and 漢字",
    "a" * 101,
    "😀 ok😀ok",
    "\u200bhid\x00den\u2028line",
    "ΣΑΣ Σ",
    "½ № ™",
]


@pytest.fixture(scope="module")
def paths():
    return weights_files.fetch_all(minilm.WEIGHTS)


@pytest.fixture(scope="module")
def ours() -> SentenceEncoder:
    return minilm.load()


@pytest.fixture(scope="module")
def theirs(paths) -> Tokenizer:
    """Hugging Face's tokenizer of the same pieces. It is asked for texts without its own marks, such as [SEP]."""
    return BertTokenizerFast(vocab=str(paths["vocabulary"]), do_lower_case=True).backend_tokenizer


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Every tenth snippet, and the first tweets of the moderation data, which are never shown."""
    snippets = pd.read_parquet(DATA_DIR / "sentiment.parquet")["text"].iloc[::10]
    tweets = pd.read_parquet(DATA_DIR / "moderation/davidson_tweets.parquet").iloc[:1_000]
    return [*snippets, *tweets.select_dtypes("object").iloc[:, -1]]


def test_real_texts_become_the_same_tokens(ours, theirs, texts):
    wrong = [row for row, text in enumerate(texts) if ours.tokens.encode(text, 512) != theirs.encode(text).ids]
    assert len(texts) > 3_000 and wrong == []


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_become_the_same_tokens(ours, theirs, text):
    assert ours.tokens.encode(text, 512) == theirs.encode(text).ids


@given(st.text(OLD | st.sampled_from("the movie's ")))
def test_any_text_becomes_the_same_tokens(ours, theirs, text):
    assert ours.tokens.encode(text, 2_000) == theirs.encode(text).ids


def test_marks_inside_of_a_text_are_words(ours):
    numbers = ours.tokens.encode("so [SEP] it ends", 512)
    assert numbers.count(ours.tokens.end) == 1 and numbers[-1] == ours.tokens.end


def test_long_text_is_cut(ours):
    numbers = ours.tokens.encode("good " * 500, 256)
    assert len(numbers) == 256 and (numbers[0], numbers[-1]) == (ours.tokens.begin, ours.tokens.end)


@torch.inference_mode()
def test_embeddings_are_those_of_transformers(ours, paths, texts):
    shape = Shape()
    config = BertConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.width, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, intermediate_size=shape.inner,
    )  # fmt: skip
    network = BertModel(config, add_pooling_layer=False).eval()
    left = network.load_state_dict(safetensors.torch.load_file(paths["encoder"]), strict=False)
    assert left.missing_keys == []
    shown = [*texts[::100], "", "good " * 500]
    vectors = ours.embed(shown)
    for text, vector in zip(shown, vectors, strict=True):
        tokens = torch.tensor([ours.tokens.encode(text, 256)])
        mean = network(tokens).last_hidden_state.mean(1)[0]
        torch.testing.assert_close(torch.tensor(vector), mean / mean.norm(), atol=1e-4, rtol=0)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_text_alone_has_the_vector_it_has_among_others(ours, texts):
    vectors = ours.embed(texts[:40])
    assert ours.embed(texts[3:4])[0] == pytest.approx(vectors[3], abs=1e-5)


@pytest.mark.parametrize("text", [*ODD, "Naïve café, isn't it? 中文 İstanbul"])
def test_each_word_has_its_place(text):
    found = bert_tokens.places(text)
    assert [place.word for place in found] == bert_tokens.words(text)
    assert [bert_tokens.words(text[place.start : place.end]) for place in found] == [[place.word] for place in found]


def test_tokens_add_up_to_a_product_with_the_vector(ours, texts):
    some, directions = texts[:5], np.random.default_rng(0).normal(size=(Shape().width, 3))
    vectors, shares = ours.along(some, directions)
    assert np.array([share.sum(0) for share in shares]) == pytest.approx(vectors @ directions, abs=1e-5)
    assert [len(share) for share in shares] == [len(ours.tokens.spans(text, ours.most)) for text in some]


def test_sentences_that_mean_the_same_are_near(ours):
    first, same, unrelated = ours.embed(
        ["The film was great.", "I loved this movie.", "The dollar fell against the yen."]
    )
    assert first @ same > 0.5 > 0.2 > first @ unrelated


def test_file_is_read_as_safetensors_reads_it(paths):
    theirs = safetensors.torch.load_file(paths["encoder"])
    tensors = safetensors_file.read(paths["encoder"])
    assert tensors.keys() == theirs.keys() and all(torch.equal(tensors[name], theirs[name]) for name in tensors)


def test_type_of_numbers_that_is_not_known_is_named(tmp_path):
    safetensors.torch.save_file({"one": torch.zeros(2, dtype=torch.int8)}, tmp_path / "some.safetensors")
    with pytest.raises(CapstanError, match=r"one of some\.safetensors has numbers of the type I8"):
        safetensors_file.read(tmp_path / "some.safetensors")


def test_remembered_vectors_are_computed_once(ours, monkeypatch):
    expected, read = ours.embed(ODD), []
    network = ours.encoder.forward
    monkeypatch.setattr(
        ours.encoder, "forward", lambda tokens, there: read.append(len(tokens)) or network(tokens, there)
    )
    with vectors.remembered():
        assert np.allclose(ours.embed([*ODD, *ODD]), np.vstack([expected, expected]), atol=1e-6)
        assert np.array_equal(ours.embed(ODD[:2]), ours.embed([*ODD])[:2])
        assert ours.embed([]).shape == (0, expected.shape[1])
    assert sum(read) == len(ODD)
    assert ours.embed(ODD[:1]).shape == (1, expected.shape[1]) and sum(read) == len(ODD) + 1
