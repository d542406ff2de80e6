"""The probabilities of the next token, and what is drawn."""

import random

import pytest
import torch

from models.transformer.sampling import Sampling, draw, shares

LOGITS = torch.log(torch.tensor([[0.5, 0.2, 0.2, 0.06, 0.04]]))


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Sampling(), [0.5, 0.2, 0.2, 0.06, 0.04]),
        (Sampling(temperature=0), [1, 0, 0, 0, 0]),
        (Sampling(top_k=1), [1, 0, 0, 0, 0]),
        (Sampling(top_k=4), [0.5 / 0.96, 0.2 / 0.96, 0.2 / 0.96, 0.06 / 0.96, 0]),
        (Sampling(top_p=0.4), [1, 0, 0, 0, 0]),
        (Sampling(top_p=0.85), [0.5 / 0.9, 0.2 / 0.9, 0.2 / 0.9, 0, 0]),
        (Sampling(min_p=0.3), [0.5 / 0.9, 0.2 / 0.9, 0.2 / 0.9, 0, 0]),
        (Sampling(temperature=0.5), [0.25 / 0.3352, 0.04 / 0.3352, 0.04 / 0.3352, 0.0036 / 0.3352, 0.0016 / 0.3352]),
    ],
)
def test_chances_are_what_the_definition_says(how, expected):
    torch.testing.assert_close(shares(LOGITS, [how])[0], torch.tensor(expected, dtype=torch.float32))


def test_penalties_lower_what_was_there():
    counts = torch.tensor([[2, 0, 1, 0, 0]])
    found = shares(LOGITS, [Sampling(presence=0.5, frequency=0.25)], counts)
    expected = torch.softmax(LOGITS - torch.tensor([1.0, 0, 0.75, 0, 0]), dim=-1)
    torch.testing.assert_close(found, expected)


def test_rows_have_their_own_ways():
    both = shares(LOGITS.repeat(2, 1), [Sampling(temperature=0), Sampling()])
    assert both[0].tolist() == [1, 0, 0, 0, 0]
    torch.testing.assert_close(both[1:], shares(LOGITS, [Sampling()]))


def test_what_may_not_come_is_never_drawn():
    logits = LOGITS.clone()
    logits[0, [0, 4]] = -torch.inf
    chances, random_ = shares(logits, [Sampling(temperature=3)]), random.Random(0)
    drawn = {int(draw(chances, [random_.random()])) for _ in range(500)} | {int(draw(chances, [1 - 2**-53]))}
    assert drawn == {1, 2, 3}


def test_tokens_come_as_often_as_their_chances_say():
    numbers = random.Random(0)
    drawn = draw(LOGITS.exp().repeat(20_000, 1), [numbers.random() for _ in range(20_000)])
    observed = torch.bincount(drawn, minlength=5)
    expected = 20_000 * LOGITS.exp()[0]
    assert ((observed - expected) ** 2 / expected).sum() < 18.5  # chi-squared with 4 degrees of freedom, 0.1 %


@pytest.mark.parametrize("spread", [0.1, 3.0])  # few tokens have the share of top-p, or thousands do
def test_filters_of_a_large_vocabulary_keep_what_the_definition_says(spread):
    logits = spread * torch.randn(4, 5_000, generator=torch.Generator().manual_seed(0))
    how = [Sampling(top_p=0.9), Sampling(top_k=1_500), Sampling(min_p=0.2), Sampling(top_k=40, top_p=0.5)]
    for row, sampling in enumerate(how):
        share = torch.softmax(logits[row], dim=-1)
        before = torch.stack([share[share > value].sum() for value in share])
        rank = torch.stack([(share > value).sum() for value in share])
        kept = (before < sampling.top_p) & (rank < (sampling.top_k or 5_000)) & (share >= sampling.min_p * share.max())
        found = shares(logits, how)[row]
        # Where the sum just passes top-p, the last token depends on how the sum is rounded.
        assert ((found > 0) != kept).sum() <= 1
        torch.testing.assert_close(found[kept], share[kept] / share[kept].sum(), rtol=1e-3, atol=0)
