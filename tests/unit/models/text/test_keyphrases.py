"""Keyphrases of a short text."""

from models.text.keyphrases import keyphrases


def test_keyphrases_stand_in_the_text_and_hold_no_other():
    text = (
        "Deep neural networks are slow. We make deep neural networks fast with sparse matrices. Sparse matrices help."
    )
    found = keyphrases(text)
    assert [phrase for phrase, _ in found[:2]] == ["sparse matrices help", "deep neural networks"]
    assert all(phrase in text.lower() for phrase, _ in found)
    assert keyphrases("") == [] and keyphrases("of the and") == []
