"""The index next to references: Porter's stemmer in nltk, BM25F by its formula, an index that was made at once."""

import errno
import math
import os
import re
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem import PorterStemmer

from models.retrieval import codec, files, porter, queries
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.scoring import Bm25f
from models.retrieval.segment import Document
from models.retrieval.writer import BusyError, Writer

FIELDS = ("title", "text")
SCORING = Bm25f(k1=1.2, b=(0.5, 0.75), weights=(2.0, 1.0))
PLAIN = Analyzer()


@pytest.fixture(scope="module", autouse=True)
def no_wait():
    """What is lost with the power is for test_crash.py; here nobody waits for the disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda descriptor: None)
        yield


def made(folder, documents, commits=1) -> Index:
    with Writer(folder, FIELDS) as writer:
        for part in np.array_split(np.arange(len(documents)), commits):
            for number in part:
                writer.add(documents[number])
            writer.commit()
    return Index(folder)


@pytest.fixture(scope="module")
def index(documents, tmp_path_factory) -> Index:
    return made(tmp_path_factory.mktemp("index"), documents)


@pytest.fixture(scope="module")
def asked(claims) -> list[queries.Query]:
    return [queries.words(claim, PLAIN) for claim in claims[:60]]


def found(index, query, k=10, scoring=SCORING, exhaustive=False) -> list[tuple[str, float]]:
    return [(hit.key, hit.score) for hit in index.search(query, k, scoring, exhaustive)]


def by_the_formula(documents, claim) -> dict[str, float]:
    """Score all documents as Zaragoza et al. (2004) write it."""
    counts = [[Counter(PLAIN.terms(document.fields[name])) for name in FIELDS] for document in documents]
    lengths = np.array([[count.total() for count in row] for row in counts])
    scores = dict.fromkeys((document.key for document in documents), 0.0)
    for term, times in Counter(PLAIN.terms(claim)).items():
        having = sum(any(term in count for count in row) for row in counts)
        idf = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
        for document, row, length in zip(documents, counts, lengths, strict=True):
            norms = [1 - b + b * n / mean for b, n, mean in zip(SCORING.b, length, lengths.mean(axis=0), strict=True)]
            x = sum(w * count[term] / norm for w, count, norm in zip(SCORING.weights, row, norms, strict=True))
            scores[document.key] += times * idf * x / (SCORING.k1 + x)
    return scores


def test_stems_are_those_of_porters_paper(documents):
    words = {
        word
        for document in documents
        for text in document.fields.values()
        for word in re.findall("[a-z]{3,}", text.lower())
    }
    reference = PorterStemmer(PorterStemmer.ORIGINAL_ALGORITHM)
    assert len(words) > 5_000
    assert {word: porter.stem(word) for word in words} == {word: reference.stem(word) for word in words}


@given(st.lists(st.integers(0, 2**35 - 1)))
def test_numbers_come_back(numbers):
    data = np.frombuffer(codec.encode(np.array(numbers, np.int64)), np.uint8)
    assert codec.decode(data).tolist() == numbers


def test_scores_are_those_of_the_formula(index, documents, claims):
    for claim in claims[:5]:
        expected = by_the_formula(documents, claim)
        hits = found(index, queries.words(claim, PLAIN), len(documents))
        assert {key for key, _ in hits} == {key for key, score in expected.items() if score}
        assert dict(hits) == pytest.approx({key: expected[key] for key, _ in hits}, rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_block_max_wand_finds_what_scoring_all_finds(data, index, documents):
    words = PLAIN.terms(" ".join(documents[data.draw(st.integers(0, len(documents) - 1))].fields["text"].split()))
    terms = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=12))
    part = st.floats(0, 1)
    scoring = Bm25f(
        data.draw(st.floats(0.01, 5)), data.draw(st.tuples(part, part)), data.draw(st.tuples(part, st.floats(0.1, 5)))
    )
    shortest = data.draw(st.integers(0, 300))
    query = queries.Query(
        queries.words(" ".join(terms), Analyzer(stems=False)).terms, filters={"words": (shortest, 10**6)}
    )
    k = data.draw(st.integers(1, 30))
    assert found(index, query, k, scoring) == found(index, query, k, scoring, exhaustive=True)


def test_block_max_wand_leaves_documents_unscored(index, asked):
    left = [index.counted_search(query, 5, SCORING)[1] for query in asked]
    assert sum(left) < 0.8 * sum(index.counted_search(query, 5, SCORING, exhaustive=True)[1] for query in asked)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "delete", "commit", "reopen", "merge"]), st.integers(0, 19)), max_size=60
    )
)
def test_an_index_is_what_was_done_to_it(tmp_path_factory, documents, asked, changes):
    """Whatever was added, replaced, deleted and merged, the scores are those of an index of what is left."""
    folder, now = tmp_path_factory.mktemp("changed"), {}
    writer = Writer(folder, FIELDS)
    for time, (change, number) in enumerate(changes):
        document = Document(str(number), documents[(number + time) % len(documents)].fields)
        if change == "add":
            now.pop(document.key, None)
            now[document.key] = document
            writer.add(document)
        elif change == "delete":
            assert writer.delete(document.key) == (now.pop(document.key, None) is not None)
        elif change == "reopen":
            writer.commit()
            writer.close()
            writer = Writer(folder)
        else:
            writer.commit(merge_all=change == "merge")
    writer.commit()
    writer.close()
    changed, fresh = Index(folder), made(tmp_path_factory.mktemp("fresh"), list(now.values()))
    assert len(changed) == len(now)
    for query in asked[:5]:
        assert found(changed, query) == found(fresh, query)
        assert found(changed, query) == found(changed, query, exhaustive=True)


def test_a_merge_leaves_what_one_commit_makes(tmp_path, documents, asked):
    at_once, later = made(tmp_path / "a", documents[:100]), made(tmp_path / "b", documents[:100], commits=9)
    assert 1 < len(later.segments) < 9
    with Writer(tmp_path / "b") as writer:
        writer.commit(merge_all=True)
    (whole,), (merged,) = at_once.segments, Index(tmp_path / "b").segments
    assert all(
        np.array_equal(value, merged.sections[name]) for name, value in whole.sections.items() if name != "words"
    )


def test_a_reader_keeps_its_snapshot(tmp_path, documents, asked):
    before = made(tmp_path, documents[:50])
    expected = [found(before, query) for query in asked[:5]]
    with Writer(tmp_path) as writer:
        writer.delete(documents[0].key)
        writer.add(documents[60])
        writer.commit(merge_all=True)
    assert [found(before, query) for query in asked[:5]] == expected
    assert len(Index(tmp_path)) == 50


def test_what_is_not_committed_is_not_there(tmp_path, documents):
    made(tmp_path, documents[:3])
    with Writer(tmp_path) as writer:
        writer.add(documents[5])
        writer.delete(documents[0].key)
        assert len(Index(tmp_path)) == 3
    with Writer(tmp_path) as writer:
        assert writer.commit() == 2
    assert len(Index(tmp_path)) == 3


@pytest.mark.parametrize("failing", range(1, 8))
def test_a_commit_that_failed_may_be_tried_again(tmp_path, documents, asked, monkeypatch, failing):
    made(tmp_path / "index", documents[:40])
    with Writer(tmp_path / "index") as writer:
        for document in documents[50:80]:
            writer.add(document)
        writer.delete(documents[3].key)
        sync, calls = os.fsync, iter(range(1, 100))

        def full(descriptor):
            if next(calls) == failing:
                raise OSError(errno.ENOSPC, "No space left on device")
            sync(descriptor)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with suppress(OSError):
                writer.commit()
        assert len(Index(tmp_path / "index")) in (40, 69)  # the last of the calls comes after the change
        writer.commit()
    fresh = made(tmp_path / "fresh", [*documents[:3], *documents[4:40], *documents[50:80]])
    again = Index(tmp_path / "index")
    assert [found(again, query) for query in asked[:5]] == [found(fresh, query) for query in asked[:5]]


def test_one_writer_at_a_time(tmp_path, documents):
    with Writer(tmp_path), pytest.raises(BusyError, match="Another process writes"):
        Writer(tmp_path)


def test_an_empty_index_finds_nothing(tmp_path, asked):
    empty = made(tmp_path, [])
    assert (len(empty), found(empty, asked[0])) == (0, [])


def test_each_changed_byte_is_noticed(tmp_path, documents):
    made(tmp_path, documents[:3])
    (file,) = tmp_path.glob("*.segment")
    whole = file.read_bytes()
    for place in range(len(files.MAGIC), len(whole), 97):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(files.DamagedError):
            Index(tmp_path)
    file.write_bytes(whole[:-5])
    with pytest.raises(files.DamagedError):
        Index(tmp_path)
