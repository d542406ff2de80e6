"""What supports an answer: figures of the first paragraph, sentences, and what is cited."""

import numpy as np
import pytest

from data_sets import squad
from pipelines.search import faithful, reading, spans, support
from pipelines.search.copying import Copying
from tests.support.data import DATA_DIR

PASSAGES = ["Bats sleep in deep caves. They eat moths.", "Owls sleep in old barns. Do owls eat mice? They do."]


def test_a_paragraph_that_is_taken_out_is_never_the_first():
    random = np.random.default_rng(0)
    words, cosines = random.random((30, 12)) * 9, random.random((30, 12)) * 2 - 1
    own = random.integers(12, size=30)
    known, first = support.figures(words, cosines)
    alone, others = support.figures(support.without(words, own, 0.0), support.without(cosines, own, -1.0))
    assert not (others == own[:, None]).any()
    assert np.array_equal(known[:, 0], cosines[np.arange(30), first[:, 0]])
    absent = ~(first == own[:, None]).any(axis=1)  # was not among the first: nothing changes
    assert 0 < absent.sum() < 30 and np.array_equal(others[absent], first[absent])
    assert np.array_equal(known[absent][:, [0, 2]], alone[absent][:, [0, 2]])


def test_an_answer_cites_the_passage_that_has_its_words():
    assert support.cited("the old barns", PASSAGES) == (2, True)
    assert support.cited("deep water", PASSAGES) == (1, False)
    assert support.cited("", PASSAGES) == (1, False)


def test_the_sentence_with_most_words_is_taken():
    assert spans.sentence("Where do owls sleep in winter?", PASSAGES[1]) == ("Owls sleep in old barns.", 0.5)


def test_only_what_stands_in_a_passage_may_be_copied():
    rule = Copying([[5, 6, 7, 5, 8], [6, 9]], end=0, vocabulary=12)
    follows = {(): [5, 6, 7, 8, 9], (5,): [0, 6, 8], (6,): [0, 7, 9], (7, 5): [0, 8], (5, 8): [0], (9, 6): [0]}
    for made, expected in follows.items():
        assert rule(list(made)).nonzero().flatten().tolist() == expected


@pytest.mark.parametrize("question", ["Where do bats sleep?"])
def test_what_is_asked_has_numbered_passages(question):
    text = support.prompt(question, PASSAGES)
    assert text.startswith("[1] Bats") and "[2] Owls" in text and text.endswith(question)


def test_answers_are_judged_as_squad_judges_them():
    assert reading.f1("the Denver Broncos", "Denver Broncos") == 1
    assert reading.f1("Denver", "Denver Broncos") == pytest.approx(2 / 3)
    assert (reading.f1("Boston", "Denver"), reading.f1("the", "a")) == (0, 1)
    made = reading.judged(["Denver!", "10"], [[(0, "Boston"), (4, "denver")], [(0, "ten")]])
    assert made["exact"].tolist() == [1, 0] and made["f1"].tolist() == [1, 0]


def test_planted_answers_are_what_they_are_called():
    data = squad.load(DATA_DIR)
    _, held = reading.parts(data)
    made = faithful.planted(data, held[:60])
    assert set(made) == {faithful.RIGHT, faithful.ELSEWHERE, faithful.WRONG, faithful.QUOTED}
    for kind, inside in ((faithful.RIGHT, True), (faithful.QUOTED, True), (faithful.ELSEWHERE, False)):
        assert {one.answer in one.passage for one in made[kind]} == {inside}
    right = {one.question: one for one in made[faithful.RIGHT]}
    assert all(one.answer != right[one.question].answer for one in made[faithful.WRONG])
    assert all(one.passage == right[one.question].passage for one in made[faithful.WRONG])


def test_a_claim_stands_beside_the_sentences_of_its_passage():
    [pair] = faithful.pairs(["Moths are what bats eat."], PASSAGES[:1])
    assert pair.sentences == ["Bats sleep in deep caves.", "They eat moths."]
    assert np.argmax(pair.vectors @ pair.claim_vector) == 1
