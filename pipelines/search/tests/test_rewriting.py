"""Queries that are written anew, beside what their papers say by hand; and the parts of long texts."""

import numpy as np
import pytest

from models.retrieval import queries
from models.retrieval.analysis import Analyzer
from pipelines.search import chunks, rewriting


def test_rm3_adds_the_likeliest_words_of_the_first_papers():
    documents = [["bone", "bone", "calcium", "mice"], ["bone", "vitamin"], ["star"]]
    query = queries.words("bone", Analyzer())
    made = rewriting.rm3(query, np.array([3.0, 1.0, 0.0]), documents, papers=3, terms=3, own=0.4)
    # 0.75 * 2/4 + 0.25 * 1/2 for bone, 0.75 * 1/4 for calcium and mice, 0.25 * 1/2 for vitamin, which is the fourth
    total = 0.5 + 0.1875 + 0.1875
    expected = {"bone": 0.4 + 0.6 * 0.5 / total, "calcium": 0.6 * 0.1875 / total, "mice": 0.6 * 0.1875 / total}
    assert {term.text: term.weight for term in made.terms} == pytest.approx(expected)
    nothing = rewriting.rm3(query, np.zeros(3), documents, papers=3, terms=3, own=0.4)
    assert [(term.text, term.weight) for term in nothing.terms] == [("bone", 1.0)]


def test_rocchio_moves_to_the_first_papers():
    papers = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    asked = np.array([[0.6, 0.8]])
    assert rewriting.rocchio(asked, asked @ papers.T, papers, 1, 0.0) == pytest.approx(asked)
    assert rewriting.rocchio(asked, asked @ papers.T, papers, 1, 1.0) == pytest.approx(papers[1:2])
    assert rewriting.rocchio(asked, asked @ papers.T, papers, 2, 1.0) == pytest.approx(np.full((1, 2), 0.5**0.5))


@pytest.mark.parametrize(
    ("short", "before", "long"),
    [
        ("BMD", "the bone mineral density", "bone mineral density"),
        ("HSCs", "of haematopoietic stem cells", "haematopoietic stem cells"),
        ("IL-2", "levels of interleukin 2", "interleukin 2"),
        ("TNF", "a quick brown fox", None),
        ("fox", "a fox", None),
    ],
)
def test_abbreviations_are_written_out(short, before, long):
    assert rewriting.long_form(short, before) == long


def test_abbreviations_of_texts_go_both_ways(documents):
    made = rewriting.abbreviations(["We measured bone mineral density (BMD) twice (see below)."])
    assert made == {"BMD": ["bone mineral density"], "bone mineral density": ["BMD"]}
    found = rewriting.abbreviations(one.fields["text"] for one in documents)
    assert len(found) > 100 and all(long for longs in found.values() for long in longs)


def test_a_misspelt_text_has_two_letters_exchanged(claims):
    random = np.random.default_rng(0)
    for claim in claims[:50]:
        made = rewriting.misspelt(claim, random)
        places = [at for at, pair in enumerate(zip(claim, made, strict=True)) if len(set(pair)) == 2]
        assert sorted(made) == sorted(claim) and len(places) in (0, 2)
    assert rewriting.misspelt("no long word", random) == "no long word"


@pytest.mark.parametrize("way", list(chunks.WAYS))
def test_parts_have_all_words_of_a_text(way, documents):
    text = "\n\n".join(one.fields["text"] for one in documents[:3])
    parts = list(chunks.WAYS[way](text))
    covered = np.zeros(len(text), bool)
    for start, end in parts:
        assert 0 <= start < end <= len(text) and text[start:end].strip() == text[start:end]
        covered[start:end] = True
    assert all(sign.isspace() for sign, there in zip(text, covered, strict=True) if not there)


def test_an_answer_counts_as_found_in_one_of_the_best_parts_alone():
    parts = [chunks.Part(0, 0, 50), chunks.Part(0, 50, 99), chunks.Part(1, 0, 50)]
    lengths, answers = np.array([200, 40, 100]), [chunks.Part(0, 60, 70), chunks.Part(0, 45, 55), chunks.Part(1, 0, 9)]
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    assert chunks.found(scores, parts, lengths, answers).tolist() == [1, 0, 0]
    assert chunks.found(-scores, parts, lengths, answers).tolist() == [1, 0, 1]
