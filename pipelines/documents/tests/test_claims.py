"""Claims of SciFact: what is read, what BM25 finds, and how verdicts and sentences are counted."""

import numpy as np
import pytest

from models.encoder.verifier import VERDICTS, Judged
from pipelines.documents.claims import MISSED, cases, scored
from pipelines.documents.claims_data import Abstract, Retrieval, abstracts, claims
from tests.support.data import DATA_DIR

FOLDER = DATA_DIR / "scifact"


@pytest.fixture(scope="module")
def said():
    return claims(FOLDER)


def test_claims_and_what_decides_them_are_those_that_were_published(said):
    assert [sum(one.part == part for one in said) for part in ("train", "test")] == [809, 300]
    assert [sum(bool(one.decided) for one in said if one.part == part) for part in ("train", "test")] == [505, 188]
    assert all(set(one.decided) <= set(one.cited) for one in said)


def test_reasons_are_sentences_of_the_abstracts(said):
    papers = abstracts(FOLDER)
    assert len(papers) == 5_183
    pairs = [
        (len(papers[paper].sentences), max(reasons)) for one in said for paper, (_, reasons) in one.decided.items()
    ]
    assert sum(last >= size for size, last in pairs) <= 5


def test_bm25_puts_the_abstract_with_the_rare_words_first():
    papers = {
        7: Abstract("Whales", ["Whales sing."]),
        8: Abstract("Stars", ["Planets near stars."]),
        9: Abstract("", ["A"]),
    }
    assert Retrieval(papers).best("Do whales sing near stars?", 2) == [7, 8]


def test_figures_of_perfect_of_missed_and_of_half_right_answers(said):
    each = [case for one in said if one.part == "test" for case in cases(one, one.cited)]
    nothing = np.zeros(0)
    right = [Judged(one.verdict, nothing, nothing, sorted(set(one.reasons))) for one in each]
    assert set(scored(each, right).values()) == {1.0}
    missed = scored(each, [MISSED] * len(each))
    assert missed["sentence_f1"] == missed["abstract_f1"] == 0
    assert missed["accuracy"] == np.mean([one.verdict == VERDICTS[2] for one in each])
    turned = [one._replace(verdict=VERDICTS[1 - VERDICTS.index(one.verdict)]) if one.chosen else one for one in right]
    assert scored(each, turned)["sentence_f1"] == 1 and scored(each, turned)["sentence_label_f1"] == 0
