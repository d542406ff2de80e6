"""TextRank next to the dense eigenvector."""

import numpy as np
import pytest

from models.text import text_rank


@pytest.mark.parametrize("damping", [0.85, 0.5])
def test_ranks_are_the_eigenvector_of_the_walk(damping):
    random = np.random.default_rng(0)
    alike = random.random((9, 9)) * (random.random((9, 9)) < 0.5)
    alike = alike + alike.T
    alike[4] = alike[:, 4] = 0  # like no other
    walk = damping * text_rank.transitions(alike) + (1 - damping) / 9
    values, vectors = np.linalg.eig(walk.T)
    wanted = np.real(vectors[:, np.argmax(np.real(values))])
    assert text_rank.ranks(alike, damping) == pytest.approx(wanted / wanted.sum(), abs=1e-8)


def test_the_middle_of_a_star_is_first():
    alike = np.zeros((4, 4))
    alike[0, 1:] = alike[1:, 0] = 1
    ranks = text_rank.ranks(alike)
    assert ranks.argmax() == 0 and ranks.sum() == pytest.approx(1)
    assert ranks[0] == pytest.approx((0.15 / 4 + 0.85) / 1.85)  # r = 0.0375 + 0.85 (1 - r)


def test_words_are_counted_by_the_logarithms_of_the_lengths():
    first, second = ["a", "b", "c"], ["b", "c", "d", "e"]
    assert text_rank.overlap(first, second) == pytest.approx(2 / (np.log(3) + np.log(4)))
    assert text_rank.overlap(["a"], ["a"]) == text_rank.overlap([], []) == 0
