"""The rules, and the sums that VADER takes of a lexicon."""

import numpy as np
import pytest

from models.text import lexicon
from pipelines.sentiment import reading


def counts(text: str) -> dict[str, float]:
    return {word.name: word.weight for word in lexicon.words(text)}


@pytest.mark.parametrize(
    ("text", "word", "count"),
    [
        ("It is good", "good", 1),
        ("It is not good", "good", -0.74),
        ("It isn't very good", "good", -0.74 * 1.15),
        ("It isn\u2019t good", "good", -0.74),
        ("not that it would be good", "good", 1),
        ("a very good one", "good", 1.15),
        ("a very funny good one", "good", 1 + 0.15 * 0.95),
        ("a somewhat good one", "good", 0.85),
        ("a GOOD one", "good", 1.37),
        ("A GOOD ONE", "good", 1),
        ("good!!", "good", 1.3),
        ("good!!!!!!!!", "good", 1.6),
        ("good but long", "good", 0.5),
        ("good but long", "long", 1.5),
    ],
)
def test_rules_of_the_paper(text, word, count):
    assert counts(text)[word] == pytest.approx(count)


def test_words_faces_and_signs_are_found_where_they_are():
    text = "Don't :-) <3 so... GREAT!!! :( 2 \u00e9t\u00e9"
    found = lexicon.words(text)
    assert [word.name for word in found] == [
        "don't",
        ":-)",
        "<3",
        "so",
        "...",
        "great",
        "!!!",
        ":(",
        "2",
        "\u00e9t\u00e9",
    ]
    assert [text[word.start : word.end].lower() for word in found] == [word.name for word in found]


def test_compound_without_rules_is_that_of_vader(weights):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    known, theirs = reading.valences(weights["lexicon"]), SentimentIntensityAnalyzer()
    for text in ("good", "a wonderful day of pain", "nice and horrible", "the table"):
        compound = reading.added(reading.valued(lexicon.words(text), known))[:, 0].sum()
        assert compound == pytest.approx(theirs.polarity_scores(text)["compound"], abs=1e-4)


def test_lexicon_is_that_of_the_package(weights):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    known, theirs = reading.valences(weights["lexicon"]), SentimentIntensityAnalyzer().lexicon
    assert len(known) > 7_000 and sum(known[word.lower()] != value for word, value in theirs.items()) < 10


def test_texts_without_words_add_nothing():
    assert reading.added(np.empty(0)).shape == (0, len(reading.SUMS))
    assert reading.ruled([[], lexicon.words("good good")]).sum(axis=1).tolist() == [0, 1]
