"""MiniLM in 8 bits next to 32, on real texts."""

import numpy as np
import pandas as pd
import pytest
from onnxruntime import InferenceSession

from capstan.inputs import weights_files
from models.encoder import encoder_int8, minilm
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def paths():
    return weights_files.fetch_all(minilm.WEIGHTS)


@pytest.fixture(scope="module")
def content(paths):
    return encoder_int8.quantized(minilm.shared(paths).encoder)


@pytest.fixture(scope="module")
def both(paths, content):
    return minilm.shared(paths), minilm.in_int8(paths, content)


@pytest.fixture(scope="module")
def texts():
    return pd.read_parquet(DATA_DIR / "sms_spam.parquet")["text"].head(200).tolist()


def test_vectors_are_near_those_in_32_bits(both, texts):
    before, after = (encoder.embed(texts) for encoder in both)
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
    cosines = (before * after).sum(axis=1)
    assert cosines.mean() > 0.99 and cosines.min() > 0.95
    # Near enough that other texts are further away than its own vector in 32 bits.
    assert ((after @ before.T).argmax(axis=1) == (before @ before.T).argmax(axis=1)).mean() > 0.95


def test_a_text_has_the_same_vector_beside_others(both, texts):
    together, alone = both[1].embed(texts[:40]), np.concatenate([both[1].embed([text]) for text in texts[:40]])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_what_each_token_adds_sums_to_the_product(both, texts):
    directions = np.random.default_rng(0).normal(size=(384, 2))
    vectors, shares = both[1].along(texts[:20], directions)
    np.testing.assert_allclose([each.sum(axis=0) for each in shares], vectors @ directions, atol=1e-4)


def test_the_file_is_a_quarter_and_names_no_path(paths, content):
    assert len(content) < 0.27 * paths["encoder"].stat().st_size
    assert b"/models/" not in content and b".py" not in content
    assert [entry.name for entry in InferenceSession(content).get_inputs()] == ["tokens", "there"]


def test_numbers_are_rounded_to_the_nearest_of_their_scale():
    weights = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    weights[:, 3] = 0
    whole, scale = encoder_int8.rounded(weights, 0)
    assert np.abs(whole).max(axis=0).tolist() == [63, 63, 63, 0]
    assert np.abs(whole * scale - weights).max() <= scale.max() / 2 * 1.0001
