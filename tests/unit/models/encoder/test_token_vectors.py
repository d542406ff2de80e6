"""A vector for each token: the mean of its pieces, and nothing of other sentences."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from capstan.inputs import weights_files
from models.encoder import minilm, token_vectors

SENTENCES = [["Gliese", "581c", "is", "far"], ["@anna_b", ":", "unbelievably", "\u2026", "far"], ["so"] * 300]


@pytest.fixture(scope="module")
def weights() -> dict:
    return weights_files.fetch_all(minilm.WEIGHTS)


def test_a_token_has_the_mean_of_its_pieces(weights):
    shared = minilm.shared(weights)
    vectors = token_vectors.of(SENTENCES, weights, layers=6)
    numbers = shared.tokens.encode(" ".join(SENTENCES[0]), token_vectors.TOKENS)
    with torch.inference_mode():
        read = shared.encoder(torch.tensor([numbers]), torch.ones(1, len(numbers), dtype=torch.bool))[0].numpy()
    pieces = [shared.tokens.encode(word, token_vectors.TOKENS)[1:-1] for word in SENTENCES[0]]
    assert [number for word in pieces for number in word] == numbers[1:-1]
    ends = np.cumsum([1, *map(len, pieces)])
    wanted = [read[start:end].mean(axis=0) for start, end in pairwise(ends)]
    assert vectors[:4] == pytest.approx(np.array(wanted), abs=1e-4)


def test_a_sentence_alone_has_the_same_vectors(weights):
    together, alone = token_vectors.of(SENTENCES, weights), token_vectors.of(SENTENCES[1:2], weights)
    assert together[4:9] == pytest.approx(alone, abs=1e-4)


def test_what_is_behind_the_last_token_that_is_read_has_zeros(weights):
    vectors = token_vectors.of(SENTENCES, weights)
    assert len(vectors) == 4 + 5 + 300
    assert vectors[9 + token_vectors.TOKENS - 3].any() and not vectors[9 + token_vectors.TOKENS - 2 :].any()
