"""A hidden Markov model compared with all sequences of tags, and compared with a solution that is known."""

import itertools

import numpy as np
import pytest

from models.tagging.hmm import HMM


def test_chances_and_best_sequence_are_those_of_all_sequences():
    random = np.random.default_rng(0)
    model = HMM(3, 4)
    model.first, model.moves, model.emits = (
        random.dirichlet(np.ones(n), size) for n, size in ((3, None), (3, 3), (4, 3))
    )
    for symbols in (np.array([2, 0, 3, 3, 1]), np.array([1])):
        every = list(itertools.product(range(3), repeat=len(symbols)))
        chances = np.array([
            model.first[tags[0]]
            * np.prod([model.moves[pair] for pair in itertools.pairwise(tags)])
            * np.prod(model.emits[list(tags), symbols])
            for tags in every
        ])  # fmt: skip
        assert model.likelihood(symbols) == pytest.approx(np.log(chances.sum()))
        assert tuple(model.predict(symbols)) == every[int(chances.argmax())]
        wanted = np.zeros((len(symbols), 3))
        for tags, chance in zip(every, chances / chances.sum(), strict=True):
            wanted[np.arange(len(symbols)), tags] += chance
        assert model.marginals(symbols) == pytest.approx(wanted)


def test_ice_creams_of_eisner():
    """Jurafsky and Martin, "Speech and Language Processing", 3rd edition, figure A.2: 3, 1, 3 ice creams."""
    model = HMM(2, 3)
    model.first, model.moves = np.array([0.8, 0.2]), np.array([[0.6, 0.4], [0.5, 0.5]])
    model.emits = np.array([[0.2, 0.4, 0.4], [0.5, 0.4, 0.1]])
    days = np.array([2, 0, 2])
    assert model.predict(days).tolist() == [0, 1, 0]  # hot, cold, hot
    assert np.exp(model.likelihood(days[:2])) == pytest.approx(0.0404 + 0.069)


def test_counts_are_the_chances_without_smoothing():
    model = HMM(2, 2, smoothing=0).fit([np.array([0, 1, 1]), np.array([1, 0])], [np.array([0, 1, 1]), np.array([0, 1])])
    assert model.first.tolist() == [1, 0]
    assert model.moves[1].tolist() == [0, 1] and model.emits[1] == pytest.approx([1 / 3, 2 / 3])


def test_a_long_sequence_has_a_likelihood():
    random = np.random.default_rng(0)
    symbols, tags = random.integers(0, 4, 5_000), random.integers(0, 3, 5_000)
    model = HMM(3, 4).fit([symbols], [tags])
    assert model.likelihood(symbols) == pytest.approx(-5_000 * np.log(4), rel=0.01)
    assert model.marginals(symbols).sum(axis=1) == pytest.approx(np.ones(5_000))
