"""Titles, tokens, joined messages, and the taggers that are compared."""

import pytest

from data_sets import newsgroups
from models.encoder.tuned_tagger import Tuned
from models.tagging.names import f1, hits
from models.tagging.taggers import Hidden, Read, Recurrent
from models.text.sentences import Span, sentences
from pipelines.documents import training, words
from pipelines.documents.studies.compare.several import MOST, Several, joined, macro, micro


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


def test_a_document_is_summed_up_with_its_title(served):
    text = "Finding planets around small stars\nThe sun is hot. We propose a way to find planets around small stars."
    answers = served.predict_columns({"text": [text]})
    assert "planets around small stars" in answers["summary"][0]
    assert "The sun is hot." not in answers["summary"][0]


def test_joined_messages_have_their_groups(parts):
    texts, names = training.topics(parts[0]["messages"])
    combined, there = joined(texts, names, 40, 0)
    assert there.sum(axis=1).min() == 1 and there.sum(axis=1).max() == MOST and len(combined) == 40
    assert joined(texts, names, 40, 0)[0] == combined


@pytest.mark.rotating
@pytest.mark.parametrize("tree", [False, True])
def test_several_groups_are_found(parts, tree):
    known, asked = (joined(*training.topics(part["messages"]), 300, 0) for part in parts)
    names = sorted(set(parts[0]["messages"]["group"]))
    predicted = Several(names, tree).fit(*known).predict(asked[0])
    true = asked[1]
    wanted = 2 * (predicted & true).sum() / (predicted.sum() + true.sum())
    assert micro(true, predicted).mean() == pytest.approx(wanted) and wanted > 0.3
    each = 2 * (predicted & true).sum(axis=0) / (predicted.sum(axis=0) + true.sum(axis=0))
    assert macro(true, predicted).mean() == pytest.approx(each.mean())


@pytest.mark.rotating
@pytest.mark.parametrize("kind", [Hidden, lambda: Recurrent(hidden=20, epochs=90), None])
def test_taggers_learn_the_names_of_some_sentences(parts, weights, kind):
    from models.encoder import token_vectors

    rows = parts[0]["sentences"]
    tokens, tags = training.tagged(rows[rows["tags"].str.contains("B-person")].head(12))
    read = Read(tokens, token_vectors.of(tokens, weights))
    tagger = kind() if kind else Tuned(weights, epochs=12)
    predicted = tagger.fit(read, tags).predict(read)
    assert [*map(len, predicted)] == [*map(len, tokens)]
    assert f1(hits(tags, predicted)) > 0.5


def test_tokens_are_as_those_of_the_posts():
    text = "@anna_b it's 3.5 km to St-Denis... see https://example.org/a?b #hot, don't!"
    found = [text[span.start : span.end] for span in words.tokens(text, Span(0, len(text)))]
    assert found == ["@anna_b", "it", "'s", "3.5", "km", "to", "St-Denis", "...", "see", "https://example.org/a?b",
                    "#hot", ",", "do", "n't", "!"]  # fmt: skip


def test_what_headers_left_is_taken_out():
    text = "re dogs in article apr acs ucalgary ca parr acs ucalgary ca charles parr writes what a dog weighs"
    assert newsgroups.without_headers(text) == "dogs   what a dog weighs"
    assert newsgroups.without_headers("an article that charles writes") == "an article that charles writes"
