"""Where the sentences of a text are."""

from itertools import pairwise

import pytest

from models.text.sentences import sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Mice run. Rats swim!  Do owls?", ["Mice run.", "Rats swim!", "Do owls?"]),
        ("Dr. Reed saw E. coli, i.e. bacteria. It grew.", ["Dr. Reed saw E. coli, i.e. bacteria.", "It grew."]),
        ("It rose by 2.5 %. (See Fig. 3.) It fell.", ["It rose by 2.5 %.", "(See Fig. 3.", "It fell."]),
        ("A title\nIts text. More", ["A title", "Its text.", "More"]),
        ("no end. and no capital", ["no end. and no capital"]),
        ("  \n ", []),
    ],
)
def test_sentences_end_at_signs_before_capitals_and_at_lines(text, parts):
    assert [text[start:end] for start, end in sentences(text)] == parts


def test_sentences_hold_all_words_in_their_order():
    text = "One of them (1) ended. Two began here?\n\nThree, at last. And a rest"
    spans = sentences(text)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    assert " ".join(text[start:end] for start, end in spans).split() == text.split()


def test_many_short_sentences_take_time_by_their_number():
    assert len(sentences("See A. " * 7_000 + "It ends.")) == 1  # each "A." may be the letter of a name
