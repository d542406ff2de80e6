"""Abbreviations that texts explain."""

import pytest

from models.text.abbreviations import abbreviations, long_form


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
    assert long_form(short, before) == long


def test_abbreviations_of_texts_go_both_ways(documents):
    known = abbreviations(["We measured bone mineral density (BMD) twice (see below)."])
    assert known == {"BMD": ["bone mineral density"], "bone mineral density": ["BMD"]}
    found = abbreviations(document.fields["text"] for document in documents)
    assert len(found) > 100 and all(long for longs in found.values() for long in longs)
