"""Sentences, their parts and the title as candidates of a summary."""

from models.text import extractive_summary


def test_candidates_are_sentences_and_what_is_left_when_they_are_cut():
    text = ["In this paper, we propose a fast method (FM) for long texts, which saves memory.", "It works."]
    found = {candidate.text: candidate.cut for candidate in extractive_summary.candidates(text)}
    assert found == {
        text[0]: 0, "We propose a fast method for long texts, which saves memory.": 1,
        "We propose a fast method for long texts.": 2, "It works.": 0,
    }  # fmt: skip
    assert [candidate.text for candidate in extractive_summary.candidates(text, cuts=False)] == text


def test_parts_of_a_sentence_and_the_title_are_candidates():
    sentence = "In this paper, we propose a fast method (FM) that finds planets, which was hard before."
    found = {candidate.text: candidate.cut for candidate in extractive_summary.candidates([sentence], "A fast method")}
    assert found[sentence] == 0 and found["A fast method"] == 5
    assert found["We propose a fast method that finds planets."] == 2
