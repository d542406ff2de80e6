"""Queries with words of the first documents, and vectors that move to theirs, by hand."""

import numpy as np
import pytest

from models.retrieval import feedback, queries
from models.retrieval.analysis import Analyzer


def test_rm3_adds_the_likeliest_words_of_the_first_papers():
    documents = [["bone", "bone", "calcium", "mice"], ["bone", "vitamin"], ["star"]]
    query = queries.words("bone", Analyzer())
    expanded = feedback.rm3(query, np.array([3.0, 1.0, 0.0]), documents, papers=3, terms=3, own=0.4)
    # 0.75 * 2/4 + 0.25 * 1/2 for bone, 0.75 * 1/4 for calcium and mice, 0.25 * 1/2 for vitamin, which is the fourth
    total = 0.5 + 0.1875 + 0.1875
    expected = {"bone": 0.4 + 0.6 * 0.5 / total, "calcium": 0.6 * 0.1875 / total, "mice": 0.6 * 0.1875 / total}
    assert {term.text: term.weight for term in expanded.terms} == pytest.approx(expected)
    nothing = feedback.rm3(query, np.zeros(3), documents, papers=3, terms=3, own=0.4)
    assert [(term.text, term.weight) for term in nothing.terms] == [("bone", 1.0)]


def test_rocchio_moves_to_the_first_papers():
    papers = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    asked = np.array([[0.6, 0.8]])
    assert feedback.rocchio(asked, asked @ papers.T, papers, 1, 0.0) == pytest.approx(asked)
    assert feedback.rocchio(asked, asked @ papers.T, papers, 1, 1.0) == pytest.approx(papers[1:2])
    assert feedback.rocchio(asked, asked @ papers.T, papers, 2, 1.0) == pytest.approx(np.full((1, 2), 0.5**0.5))
