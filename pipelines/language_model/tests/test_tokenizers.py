"""The study of tokens: losses of all kinds are for a byte, and what is measured is not measured again."""

import json

import numpy as np
import pytest

from data_sets.plays import path
from models.study import Study
from pipelines.language_model import tokenizers
from tests.support.data import DATA_DIR

pytestmark = pytest.mark.rotating


@pytest.fixture(scope="module")
def parts() -> tuple[np.ndarray, np.ndarray]:
    text = np.frombuffer(path(DATA_DIR).read_bytes(), np.uint8)
    return text[:30_000], text[30_000:32_000]


@pytest.fixture
def small(monkeypatch):
    """Fewer cases, and steps so few that the test is fast."""
    monkeypatch.setattr(tokenizers, "SIZES", (512,))
    monkeypatch.setattr(tokenizers, "STEPS", 4)


def test_each_kind_is_measured_once_in_bits_per_byte(small, parts, tmp_path):
    study = Study(tmp_path / "tokenizers.json", tokenizers.KEYS)
    tokenizers.measure(study, *parts, 1e4, 1)
    table = study.table().set_index("tokens")
    assert set(table.index) == set(tokenizers.KINDS) and len(table) == 5
    assert table.loc["bytes", "tokens_per_byte"] == 1
    assert (table.drop(index="bytes")["tokens_per_byte"] < 1).all()
    trained = table.drop(index=tokenizers.COUNTED)
    # After four steps a decoder knows little more than chance: log2(size) bits for each token.
    chance = np.log2(trained["size"]) * trained["tokens_per_byte"]
    np.testing.assert_allclose(trained["bits"], chance, rtol=0.3)
    assert table.loc[tokenizers.COUNTED, ["bits", "passes"]].isna().all()
    before = (tmp_path / "tokenizers.json").read_text()
    tokenizers.measure(Study(tmp_path / "tokenizers.json", tokenizers.KEYS), *parts, 1e4, 1)
    assert (tmp_path / "tokenizers.json").read_text() == before
    assert len(json.loads(before)) == 5
