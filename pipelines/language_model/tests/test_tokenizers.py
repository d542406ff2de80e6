"""The study of tokens: losses of all kinds are for a byte."""

import numpy as np
import pytest

from data_sets.plays import path
from pipelines.language_model.studies.tokenizers import study as tokenizers
from tests.support.data import DATA_DIR

pytestmark = pytest.mark.rotating


@pytest.mark.parametrize("kind", tokenizers.KINDS)
def test_each_kind_is_measured_in_bits_per_byte(kind, monkeypatch):
    """With steps so few that the test is fast."""
    monkeypatch.setattr(tokenizers, "STEPS", 4)
    text = np.frombuffer(path(DATA_DIR).read_bytes(), np.uint8)
    learned, test = text[:30_000], text[30_000:32_000]
    size = 256 if kind == "bytes" else 512
    tokenizer, tokens, line = tokenizers.tokenized(kind, size, learned.tobytes().decode(), test.tobytes().decode())
    assert line["tokens_per_byte"] < 1 or (kind == "bytes" and line["tokens_per_byte"] == 1)
    bits = tokenizers.trained(tokenizer, tokens, test, kind, 1e4, 0)["bits"]
    # After four steps a decoder knows little more than the number of tokens: log2(size) bits for each.
    assert bits == pytest.approx(np.log2(size) * line["tokens_per_byte"], rel=0.3)
