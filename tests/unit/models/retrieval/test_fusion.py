"""Two rankings as one, by place and by score."""

import numpy as np
import pytest

from models.retrieval import fusion

RNG = np.random.default_rng(0)


def test_fusion_by_place_is_that_of_the_paper():
    first, second = np.array([[3.0, 1.0, 2.0]]), np.array([[0.1, 0.2, 0.2]])
    assert fusion.ranks(second).tolist() == [[3, 1, 2]]  # of equal ones, the first
    fused = fusion.reciprocal([first, second], 60)
    assert fused[0] == pytest.approx([1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 1 / 62 + 1 / 62])


def test_a_weighted_sum_lies_between_both():
    words, meanings = RNG.random((4, 30)) * 9, RNG.random((4, 30)) * 2 - 1
    orders = [np.argsort(-fusion.weighted(words, meanings, share)) for share in (0.0, 1.0)]
    assert np.array_equal(orders[0], np.argsort(-words)) and np.array_equal(orders[1], np.argsort(-meanings))
    half = fusion.weighted(words, meanings, 0.5)
    assert half.min() >= 0 and half.max() <= 1
    assert (fusion.weighted(np.zeros((1, 3)), meanings[:1, :3], 0.5) >= 0).all()  # a claim without a known word
