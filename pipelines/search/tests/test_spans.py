"""The forest that ranks candidate answers: what is a candidate, what it learns, and what it says."""

import numpy as np
import pytest

from data_sets import squad
from pipelines.search.studies.paragraphs.questions import parts
from pipelines.search.studies.reading import spans
from pipelines.search.studies.reading.study import judged
from tests.support.data import DATA_DIR

pytestmark = pytest.mark.rotating
TEXT = "The old mill was built in 1742 by Jonas Reed. It ground corn until the war of 1911, and then wool."


@pytest.fixture(scope="module")
def data() -> squad.Squad:
    return squad.load(DATA_DIR)


def test_candidates_are_words_in_a_row_of_the_nearest_sentences():
    places, rows = spans.candidates("Who built the old mill?", TEXT)
    found = [TEXT[begin:end] for begin, end in places]
    assert "Jonas Reed" in found and "1742" in found and "corn" in found and len(rows) == len(found)
    assert not any(phrase.startswith(("by ", "the ")) or "mill" in phrase or "built" in phrase for phrase in found)
    assert all(len(phrase.split()) <= spans.MOST for phrase in found)
    assert spans.best_sentences("Who built the old mill?", TEXT)[0] == (0, 1.0)


def test_most_answers_are_candidates(data):
    past, _ = parts(data)
    covered = []
    for question in past[::80].tolist():
        places, _ = spans.candidates(data.questions[question], data.paragraphs[data.paragraph[question]])
        covered.append(any((begin, begin + len(text)) in places for begin, text in data.answers[question]))
    assert np.mean(covered) > 0.7


def test_a_forest_answers_questions_that_it_has_not_seen(data):
    past, held = parts(data)
    assert not set(data.article[past].tolist()) & set(data.article[held].tolist())
    assert len(set(data.article[past].tolist())) == 36 and len(set(data.article[held].tolist())) == 12
    forest = spans.fit(data, past[::25], seed=0)
    few = held[::5].tolist()
    answers = [
        spans.best(forest, data.questions[question], data.paragraphs[data.paragraph[question]])[0] for question in few
    ]
    assert all(text in data.paragraphs[data.paragraph[question]] for text, question in zip(answers, few, strict=True))
    simple = [
        spans.sentence(data.questions[question], data.paragraphs[data.paragraph[question]])[0] for question in few
    ]
    truth = [data.answers[question] for question in few]
    assert judged(answers, truth)["f1"].mean() > judged(simple, truth)["f1"].mean() + 0.05
