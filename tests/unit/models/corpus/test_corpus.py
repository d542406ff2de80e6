"""Each step that is done to a text before a model learns from it."""

import json
import random
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capstan.errors import CapstanError
from data_sets import newsgroups
from models.corpus import cleaning, duplicates, packing, quality, shards
from tests.support.data import DATA_DIR

MESSAGE = """From: ann@example.org (Ann)
Subject: Re: Engines
Organization: none,
  really

In article <1993@example.org> bob@example.org writes:
> Which engine?
> The old one?

The old one, with the\x00 cafe\u0301   light.

--
Ann, Example Street
"""
PROSE = "It is said that the river rose in the night and that people went to the hills with all that they had. "


@pytest.fixture(scope="module")
def messages() -> list[str]:
    if DATA_DIR is None:
        pytest.skip("the messages are not here")
    return newsgroups.texts(DATA_DIR)[0]


def test_a_message_is_its_own_words_alone():
    assert cleaning.cleaned(MESSAGE) == "The old one, with the caf\u00e9 light."


def test_what_looks_like_no_message_stays():
    kept = "Note: the lines of a list\nwithout a header\n\n- a\n- b\n\nHe wrote: yes"
    assert cleaning.cleaned(kept) == kept


@given(st.text())
def test_a_text_in_one_form_stays_as_it_is(text):
    normal = cleaning.normalized(text)
    assert cleaning.normalized(normal) == normal and unicodedata.is_normalized("NFC", normal)
    assert not any(unicodedata.category(sign) == "Cc" for sign in normal.replace("\n", ""))


def test_sources_of_quotes_are_found_where_lines_are_gone(messages):
    cleaned = [cleaning.cleaned(text) for text in messages[:500]]
    assert sum("in article" in text for text in messages[:500]) > 100
    assert sum("in article" in text for text in cleaned) < 20
    assert sum(map(len, cleaned)) > 0.9 * sum(map(len, messages[:500]))


def words(text: str, changed: float, seed: int) -> str:
    drawn = random.Random(seed)
    return " ".join(f"other{drawn.random()}" if drawn.random() < changed else word for word in text.split())


def test_estimates_are_near_the_exact_similarity(messages):
    """The standard error of a share of 128 hashes is at most 0.044."""
    texts = [text for text in messages[:400] if len(text.split()) > 60][:60]
    copies = [words(text, place % 20 / 100, place) for place, text in enumerate(texts)]
    signed = duplicates.signatures([*texts, *copies])
    exact, estimated = [], []
    for place, (text, copy) in enumerate(zip(texts, copies, strict=True)):
        exact.append(duplicates.similarity(duplicates.shingles(text), duplicates.shingles(copy)))
        estimated.append((signed[place] == signed[place + len(texts)]).mean())
    errors = np.array(estimated) - np.array(exact)
    assert min(exact) < 0.5 and max(exact) == 1
    assert abs(errors).max() < 4.5 * 0.044 and abs(errors.mean()) < 0.02


def test_similarity_is_the_share_of_common_runs_of_words():
    first, second = (duplicates.shingles(text) for text in ("a b c d e f", "a b c d e g"))
    assert duplicates.similarity(first, second) == 1 / 3
    assert duplicates.similarity(duplicates.shingles("a b"), duplicates.shingles("a b")) == 1


def test_of_similar_texts_the_first_is_kept(messages):
    texts = list(dict.fromkeys(text for text in messages[:300] if len(text.split()) > 100))[:100]
    alone = duplicates.kept(texts)
    copies = [words(text, 0.01, place) for place, text in enumerate(texts)]
    assert len(alone) >= 95
    found = duplicates.kept([*texts, *copies])
    assert [place for place in found if place < len(texts)] == alone
    assert len(found) - len(alone) <= 5
    assert duplicates.exact(["a", "b", "a", "a"]) == [2, 3]


def test_clusters_lead_from_text_to_text():
    assert duplicates.clusters(5, [(0, 3), (3, 4)]).tolist() == [0, 1, 2, 0, 0]
    assert duplicates.clusters(2, []).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "words"),
        ("too short", "words"),
        ("supercalifragilistic internationalization " * 30, "length of words"),
        (PROSE * 3 + "# # # # # # # # # # # # #", "symbols"),
        ("\n".join(f"- it is the {place} of that and that" for place in "abcdefghijklm"), "bullets"),
        ("\n".join(f"it is the {place} of that and that..." for place in "abcdefghijklm"), "ellipses"),
        (PROSE * 3 + "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", "letters"),
        ("rivers rose quickly during stormy autumn nights, " * 10, "stop words"),
        ("\n".join(["it is the end of that"] * 12), "lines"),
        (PROSE * 3 + "very nice " * 20, "most frequent run"),
        (PROSE * 3, "repeated runs"),
    ],
)
def test_each_rule_finds_what_it_is_for(text, rule):
    assert rule in quality.faults(text)


def test_most_messages_break_no_rule(messages):
    broken = [quality.faults(text) for text in messages[:300]]
    assert 0.6 < sum(not rules for rules in broken) / 300 < 0.99


DOCUMENTS = st.lists(st.lists(st.integers(0, 9), max_size=40).map(np.array), max_size=30)


@given(DOCUMENTS, st.integers(2, 16))
def test_packing_neither_loses_nor_makes_tokens(documents, length):
    whole = [token for document in documents for token in [*document.tolist(), 99]]
    joined = packing.concatenated(documents, length, 99)
    assert joined.windows.ravel().tolist() == whole[: joined.windows.size]
    assert joined.lost == len(whole) - joined.windows.size < length
    for way in (packing.padded, packing.best_fit):
        packed = way(documents, length, 99, -1)
        tokens = packed.windows[packed.windows >= 0]
        assert sorted(tokens.tolist()) == sorted(whole)
        assert packed.padding == (packed.windows < 0).sum() and packed.lost == 0
        rows = {tuple(row) for row in packed.windows.tolist()}
        for document in documents:  # those that fit are whole
            if len(document) < length:
                wanted = [*document.tolist(), 99]
                assert any(wanted == list(row[i : i + len(wanted)]) for row in rows for i in range(length))
    best, alone = (way(documents, length, 99, -1) for way in (packing.best_fit, packing.padded))
    assert len(best.windows) <= len(alone.windows) and best.cut <= joined.cut + 1e-9


def test_best_fit_takes_the_fullest_window_that_has_room():
    documents = [np.zeros(count - 1, int) for count in (6, 5, 4, 3, 2)]
    best = packing.best_fit(documents, 10, 9, -1)
    assert len(best.windows) == 2 and best.padding == 0 and best.cut == 0


def written(folder, count=1_000, size=150, **other) -> np.ndarray:
    tokens = np.arange(count) % 60_000
    shards.write(np.array_split(tokens, 7), folder, size, **other)
    return tokens


def test_shards_have_all_tokens_in_order(tmp_path):
    tokens = written(tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 7
    assert np.concatenate([np.load(file) for file in sorted(tmp_path.glob("*.npy"))]).tolist() == tokens.tolist()
    with shards.Shards(tmp_path) as opened:
        seen = np.concatenate(list(opened.windows(25)))
    assert seen.tolist() == tokens.tolist()


def test_a_shuffled_order_has_each_window_once_and_goes_on_where_it_was(tmp_path):
    written(tmp_path)
    with shards.Shards(tmp_path) as opened:
        plain, first, again, reseeded = ([w.tolist() for w in opened.windows(20, seed)] for seed in (None, 1, 1, 2))
        rest = [window.tolist() for window in opened.windows(20, 1, start=17)]
    assert first == again != plain and first != reseeded
    assert sorted(first) == sorted(plain) and len(plain) == 6 * 7 + 5
    assert rest == first[17:]


@pytest.mark.parametrize("harm", ["missing", "truncated", "another", "no array", "no index"])
def test_a_harmed_shard_is_named(tmp_path, harm):
    written(tmp_path)
    file = tmp_path / ("index.json" if harm == "no index" else shards.name(3))
    if harm == "truncated":
        file.write_bytes(file.read_bytes()[:-40])
    elif harm == "another":
        np.save(file, np.zeros(3, np.uint16))
    elif harm == "no array":
        file.write_bytes(b"nothing")
    else:
        file.unlink()
    with pytest.raises(CapstanError, match=file.name):
        shards.Shards(tmp_path)


def test_a_shard_that_is_cut_while_it_is_read_is_named(tmp_path):
    written(tmp_path)
    with shards.Shards(tmp_path) as opened:
        file = tmp_path / shards.name(0)
        file.write_bytes(file.read_bytes()[:-40])
        with pytest.raises(CapstanError, match=r"00000\.npy"):
            list(opened.windows(30))


def test_tokens_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(CapstanError, match="uint16"):
        shards.write([np.array([70_000])], tmp_path, 10)
    assert not (tmp_path / "index.json").exists()
    assert shards.write([np.array([70_000])], tmp_path, 10, np.uint32) == [1]
    assert json.loads((tmp_path / "index.json").read_text())["dtype"] == "uint32"


def test_without_the_messages_the_error_says_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / "home"))
    with pytest.raises(CapstanError, match=r"qwone\.com"):
        newsgroups.texts(tmp_path)
    (tmp_path / newsgroups.FILE).write_bytes(b"no table")
    with pytest.raises(CapstanError, match="cannot be read"):
        newsgroups.texts(tmp_path)
