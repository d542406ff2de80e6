"""Titles, parts of sentences, joined messages, and the ways to tag names that are measured beside what is served."""

import numpy as np
import pytest

from models.text.sentences import sentences
from pipelines.documents import summary, training, words
from pipelines.documents.entities import Read, Recurrent, case, f1, hits
from pipelines.documents.several import MOST, Several, joined, macro, micro
from pipelines.documents.taggers import Hidden
from pipelines.documents.tuned import Tuned


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A small planet\nWe saw it.", True),
        ("We saw it.\nAnd so on.", False),
        ("A line alone", False),
        ("so " * 40 + "\nWe saw it.", False),
        ("We saw A Planet. And so on", False),
    ],
)
def test_a_title_is_a_short_line_without_an_end(text, wanted):
    assert words.titled(text, sentences(text)) == wanted


def test_parts_of_a_sentence_and_the_title_are_candidates():
    sentence = "In this paper, we propose a fast method (FM) that finds planets, which was hard before."
    found = {one.text: one.cut for one in summary.candidates([sentence], "A fast method")}
    assert found[sentence] == 0 and found["A fast method"] == 5
    assert found["We propose a fast method that finds planets."] == 2


def test_a_document_is_summed_up_with_its_title(served):
    text = "Finding planets around small stars\nThe sun is hot. We propose a way to find planets around small stars."
    made = served.predict_columns({"text": [text]})
    assert "planets around small stars" in made["summary"][0]
    assert "The sun is hot." not in made["summary"][0]


def test_joined_messages_have_their_groups(parts):
    texts, names = training.topics(parts[0]["messages"])
    made, there = joined(texts, names, 40, 0)
    assert there.sum(axis=1).min() == 1 and there.sum(axis=1).max() == MOST and len(made) == 40
    assert joined(texts, names, 40, 0)[0] == made


@pytest.mark.rotating
@pytest.mark.parametrize("tree", [False, True])
def test_several_groups_are_found(parts, tree):
    known, asked = (joined(*training.topics(one["messages"]), 300, 0) for one in parts)
    names = sorted(set(parts[0]["messages"]["group"]))
    said = Several(names, tree).fit(*known).predict(asked[0])
    true = asked[1]
    wanted = 2 * (said & true).sum() / (said.sum() + true.sum())
    assert micro(true, said).mean() == pytest.approx(wanted) and wanted > 0.3
    each = 2 * (said & true).sum(axis=0) / (said.sum(axis=0) + true.sum(axis=0))
    assert macro(true, said).mean() == pytest.approx(each.mean())


@pytest.mark.rotating
@pytest.mark.parametrize("kind", [Hidden, lambda: Recurrent(hidden=20, epochs=90), None])
def test_taggers_learn_the_names_of_some_sentences(parts, weights, kind):
    from pipelines.documents import vectors

    rows = parts[0]["sentences"]
    tokens, tags = training.tagged(rows[rows["tags"].str.contains("B-person")].head(12))
    read = Read(tokens, vectors.of(tokens, weights))
    tagger = kind() if kind else Tuned(weights, epochs=12)
    made = tagger.fit(read, tags).predict(read)
    assert [len(one) for one in made] == [len(one) for one in tokens]
    assert f1(hits(tags, made)) > 0.5


def test_case_is_what_small_letters_leave_out():
    assert case(["NASA", "so", "iPhone", "@anna", "B2"]).any(axis=1).all()
    assert np.array_equal(case(["so", "as"])[1], case(["on", "at"])[1])
