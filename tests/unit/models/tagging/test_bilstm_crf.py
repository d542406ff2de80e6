"""The BiLSTM-CRF: its loss compared with the CRF's probabilities, and sequences that only order distinguishes."""

import itertools

import numpy as np
import pytest
import torch

from models.tagging.bilstm_crf import BiLSTMCRF, loss
from models.tagging.crf import CRF

LENGTHS = [4, 1, 3]


def padded(rows: torch.Tensor) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(rows.split(LENGTHS)), batch_first=True)


def test_loss_is_that_of_all_sequences_and_its_slope_has_the_chances_of_the_field():
    random = np.random.default_rng(0)
    scores, moves, tags = random.normal(size=(8, 3)), random.normal(size=(3, 3)), random.integers(0, 3, 8)
    inputs = torch.tensor(scores, requires_grad=True)
    cost = loss(padded(inputs), torch.tensor(moves), padded(torch.tensor(tags)), torch.tensor(LENGTHS))
    wanted = 0.0
    for start, length in zip(np.cumsum([0, *LENGTHS]), LENGTHS, strict=False):
        odds = {
            each: sum(scores[start + time, tag] for time, tag in enumerate(each))
            + sum(moves[pair] for pair in itertools.pairwise(each))
            for each in itertools.product(range(3), repeat=length)
        }
        wanted += np.log(np.exp(list(odds.values())).sum()) - odds[tuple(tags[start : start + length].tolist())]
    assert cost.item() == pytest.approx(wanted)
    cost.backward()
    field = CRF(3)
    field.weights, field.moves = np.eye(3), moves
    assert inputs.grad.numpy() == pytest.approx(field.marginals([scores], LENGTHS) - np.eye(3)[tags])


@pytest.fixture(scope="module")
def sequences() -> tuple[np.ndarray, np.ndarray, list[int]]:
    """The tag of a token says whether the last token of its sequence is positive, so only the way back knows it."""
    random = np.random.default_rng(0)
    lengths = random.integers(2, 6, 300).tolist()
    rows = random.choice([-1.0, 1.0], size=(sum(lengths), 1))
    last = rows[np.cumsum(lengths) - 1, 0] > 0
    return rows, np.repeat(last, lengths).astype(int), lengths


def test_what_comes_behind_is_read(sequences):
    model = BiLSTMCRF(2, hidden=8, dropout=0, epochs=10, rate=0.02).fit(*sequences)
    tags, chances = model.read(sequences[0], sequences[2])
    assert (tags == sequences[1]).mean() > 0.98
    assert chances.shape == (len(tags), 2) and chances.sum(axis=1) == pytest.approx(np.ones(len(tags)))


def test_a_sentence_has_the_same_tags_alone(sequences):
    rows, _, lengths = sequences
    model = BiLSTMCRF(2, hidden=8, epochs=1).fit(*sequences)
    alone = model.read(rows[: lengths[0]], lengths[:1])[1]
    assert model.read(rows, lengths)[1][: lengths[0]] == pytest.approx(alone, abs=1e-5)
