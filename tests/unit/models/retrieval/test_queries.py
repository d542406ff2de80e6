"""Phrases, fields, filters, spelling, synonyms and snippets, on real abstracts."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from models.retrieval import queries, spelling
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.snippets import snippet
from models.retrieval.writer import Writer

FIELDS = ("title", "text")
PLAIN = Analyzer()


@pytest.fixture(scope="module")
def index(documents, tmp_path_factory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    with Writer(folder, FIELDS) as writer:
        for document in documents:
            writer.add(document)
        writer.commit()
    return Index(folder)


def keys(index, text, **options) -> set[str]:
    return {hit.key for hit in index.search(queries.parse(text, PLAIN, FIELDS, **options), 1_000)}


@lru_cache(2_000)
def tokens_of(text: str) -> frozenset[tuple[str, int]]:
    return frozenset((token.term, token.position) for token in PLAIN.tokens(text))


def having(documents, phrase, fields=FIELDS) -> set[str]:
    """Look for a phrase in the tokens themselves."""
    sought = [(token.term, token.position) for token in PLAIN.tokens(phrase)]
    found = set()
    for document in documents:
        for name in fields:
            there = tokens_of(document.fields[name])
            places = {place for term, place in there if term == sought[0][0]}
            if any(all((term, start + offset - sought[0][1]) in there for term, offset in sought) for start in places):
                found.add(document.key)
    return found


def test_phrases_are_where_the_words_follow_each_other(index, documents):
    words = documents[0].fields["text"].split()
    phrases = [" ".join(pair) for pair in pairwise(words)][:40]
    phrases += ["amyotrophic lateral sclerosis", "in the presence of", "bone marrow", "cells of the bone marrow"]
    tried = [phrase for phrase in phrases if PLAIN.terms(phrase) and not set(phrase) & set('":')]
    assert len(tried) > 20
    for phrase in tried:
        assert keys(index, f'"{phrase}"') == having(documents, phrase), phrase
    assert having(documents, "bone marrow")


def test_a_field_alone_counts(index, documents):
    assert keys(index, "title:cells") == having(documents, "cells", ["title"]) < having(documents, "cells")
    assert keys(index, 'title:"stem cells"') == having(documents, "stem cells", ["title"])


def test_what_follows_a_minus_is_left_out(index, documents):
    assert keys(index, "cells -mice") == having(documents, "cells") - having(documents, "mice")
    assert keys(index, 'cells -"bone marrow"') == having(documents, "cells") - having(documents, "bone marrow")
    assert keys(index, "T-cells") >= having(documents, "cells")  # a hyphen inside a word is none


@pytest.mark.parametrize(
    ("asked", "fits"),
    [((100, 200), lambda n: 100 <= n <= 200), (150, lambda n: n == 150), ({150, 151}, lambda n: n in (150, 151))],
)
def test_filters_keep_what_has_the_attribute(index, documents, asked, fits):
    expected = {document.key for document in documents if fits(document.attributes["words"])} & having(
        documents, "cells"
    )
    assert keys(index, "cells", filters={"words": asked}) == expected
    assert keys(index, "cells", filters={"unknown": asked}) == set()


def test_reasons_add_up_to_the_score(index, claims):
    for claim in claims[:20]:
        query = queries.words(claim, PLAIN)
        for hit in index.search(query):
            assert sum(index.reasons(query, hit).values()) == pytest.approx(hit.score, rel=1e-12)


def test_synonyms_find_what_was_not_asked_for(index, documents):
    others = {"heart attack": ["myocardial infarction"], "tumour": ["tumor", "neoplasm"]}
    assert keys(index, "tumour", synonyms=others) >= having(documents, "tumor") - having(documents, "tumour") != set()
    query = queries.words("a heart attack", PLAIN, others)
    weights = {term.text: term.weight for term in query.terms}
    assert weights == {"heart": 1.0, "attack": 1.0, "myocardi": queries.SYNONYM, "infarct": queries.SYNONYM}
    assert queries.words("heart", PLAIN, others).terms == queries.words("heart", PLAIN).terms


def test_a_term_that_is_asked_for_twice_counts_twice(index):
    once, twice = (index.search(queries.words(text, PLAIN), 5) for text in ("marrow", "marrow marrow"))
    assert [2 * hit.score for hit in once] == pytest.approx([hit.score for hit in twice])


def plain_distance(a: str, b: str) -> int:
    """Compute the distance as it is defined, one pair of words at a time."""
    d = {(i, j): i + j for i in range(len(a) + 1) for j in range(len(b) + 1) if not i or not j}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, d[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                d[i, j] = min(d[i, j], d[i - 2, j - 2] + 1)
    return d[len(a), len(b)]


def test_distances_are_those_of_the_definition(index):
    words = sorted(word for word in index.segments[0].words if len(word) == 8)[::20]
    for written in ("mitochondria", "protien", "celsl", "a", words[3], words[3][1:], words[5][::-1]):
        expected = [plain_distance(written, word) for word in words]
        assert spelling.distances(written, spelling.letters(words)).tolist() == expected


def test_unknown_words_are_corrected(index):
    speller = spelling.Speller(index)
    assert speller.corrected("protien in mitochondira of mice") == "protein in mitochondria of mice"
    assert speller.corrected("protein in mitochondria") is None
    assert speller.corrected("xyz qqqqqqqqqqqq") is None


def test_snippets_have_the_words_that_were_asked_for(index, claims):
    seen = 0
    for claim in claims[:40]:
        query = queries.words(claim, PLAIN)
        for hit in index.search(query, 3):
            text = index.document(hit).fields["text"]
            weights = {term.text: value for term, value in index.reasons(query, hit).items()}
            shown = snippet(text, weights, PLAIN)
            assert len(shown.text) <= 240 and text[shown.start :].startswith(shown.text)
            marked = {PLAIN.terms(shown.text[start:end])[0] for start, end in shown.marks}
            assert marked <= set(weights)
            assert bool(marked) == bool(set(weights) & set(PLAIN.terms(text)))
            seen += len(marked)
    assert seen > 100


def test_a_snippet_without_any_word_is_the_beginning():
    text = "word " * 100
    shown = snippet(text, {}, PLAIN)
    assert shown.start == 0 and shown.marks == () and text.startswith(shown.text)
    assert np.isclose(len(shown.text), 240, atol=6)
