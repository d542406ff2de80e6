"""A tiny encoder learns a number of texts; what is frozen stays."""

import numpy as np
import pytest
import torch

from models.encoder import fine_tuning
from models.encoder.fine_tuning import Plan
from models.encoder.sentence_encoder import Encoder, SentenceEncoder, Shape
from models.tokens.bert_tokens import BertTokens

WORDS = ["good", "bad", "film", "plot", "long", "dull"]
PLAN = Plan(epochs=6, batch=16, rate=3e-3, frozen=1)


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> SentenceEncoder:
    vocabulary = tmp_path_factory.mktemp("tokens") / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]))
    torch.manual_seed(0)
    shape = Shape(vocabulary=4 + len(WORDS), width=16, layers=2, heads=2, inner=32, places=16)
    return SentenceEncoder(BertTokens(vocabulary), Encoder(shape), most=16)


@pytest.fixture(scope="module")
def known() -> tuple[list[str], np.ndarray]:
    """Texts, and how much oftener `good` is there than `bad`, of their words."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, rng.integers(3, 10))) for _ in range(400)]
    return texts, np.array([(text.count("good") - text.count("bad")) / len(text.split()) for text in texts])


def test_it_learns(start, known):
    texts, target = known
    network = fine_tuning.tune(start, texts[:300], start.embed(texts[:300]), target[:300], PLAN)
    predictions = fine_tuning.predict(network, start, texts[300:])
    assert np.corrcoef(predictions, target[300:])[0, 1] > 0.9


def test_seed_decides_and_the_start_and_what_is_frozen_stay(start, known):
    texts, target = known
    before = {name: weights.clone() for name, weights in start.encoder.state_dict().items()}
    vectors = start.embed(texts)
    networks = [fine_tuning.tune(start, texts, vectors, target, PLAN, seed) for seed in (0, 0, 1)]
    first, same, reseeded = (fine_tuning.predict(network, start, texts[:5]).tolist() for network in networks)
    assert first == same != reseeded
    after = networks[0].encoder.state_dict()
    changed = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"1"} and all(torch.equal(before[name], start.encoder.state_dict()[name]) for name in before)


def test_each_text_is_in_one_batch_with_others_of_its_length():
    lengths = np.random.default_rng(0).integers(3, 60, 1_000)
    batches = list(fine_tuning.mixed(lengths, 32, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(1_000))
    assert np.mean([np.ptp(lengths[batch]) for batch in batches]) < 5
