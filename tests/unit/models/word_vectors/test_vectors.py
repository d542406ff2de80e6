"""Vectors of words: their steps against torch, and a language whose analogies are known."""

import lzma

import numpy as np
import pytest
import torch
from torch.nn import functional

from capstan.errors import CapstanError
from data_sets import wikitext2
from models.word_vectors import analogies, counts, glove, text, word2vec

PLACES = 6  # things that have a singular and a plural


def planted(shuffled: bool = False) -> text.Text:
    """Return a text in which a word shows what it is of by one neighbour, and its number by another."""
    random = np.random.default_rng(0)
    rows = []
    for thing, number in random.integers(0, [PLACES, 2], (4_000, 2)):
        near = [f"about{thing}{random.integers(3)}", f"number{number}{random.integers(3)}"]
        rows.append([near[0], f"thing{thing}{number}", near[1]])
    words = np.array(rows)
    if shuffled:
        words = random.permutation(words.ravel()).reshape(words.shape)
    return text.of_lines([" ".join(row) for row in words])


def answered(read: text.Text, vectors: np.ndarray) -> float:
    asked = [
        (f"thing{first}0", f"thing{first}1", f"thing{second}0", f"thing{second}1")
        for first in range(PLACES) for second in range(PLACES) if first != second
    ]  # fmt: skip
    return analogies.right(vectors, read.words, asked) / len(asked)


METHODS = {
    "counts": lambda read: counts.vectors(counts.near(read, 2), 12),
    "word2vec": lambda read: word2vec.vectors(read, word2vec.Plan(12, 2, often=1.0, epochs=12, batch=64)),
    "GloVe": lambda read: glove.vectors(counts.near(read, 2), glove.Plan(12, epochs=300, batch=64)),
}


@pytest.mark.rotating
@pytest.mark.parametrize("name", METHODS)
def test_analogies_of_a_planted_language(name):
    read = planted()
    assert answered(read, METHODS[name](read)) > 0.8
    read = planted(shuffled=True)
    assert answered(read, METHODS[name](read)) < 0.3


def test_step_of_word2vec_is_that_of_torch():
    torch.manual_seed(0)
    inner, outer = torch.randn(9, 4), torch.randn(9, 4)
    centres, others = torch.tensor([1, 1, 3]), torch.tensor([[2, 5, 5], [7, 1, 0], [2, 3, 8]])
    first, second = inner.clone().requires_grad_(), outer.clone().requires_grad_()
    scores = torch.einsum("nd,nkd->nk", first[centres], second[others])
    (functional.softplus(-scores[:, 0]).sum() + functional.softplus(scores[:, 1:]).sum()).backward()
    torch.optim.SGD([first, second], lr=0.1).step()
    word2vec.step(inner, outer, centres, others, 0.1)
    torch.testing.assert_close(inner, first.detach())
    torch.testing.assert_close(outer, second.detach())


def test_steps_of_glove_are_those_of_torch():
    model = glove.Glove(6, 3, seed=0)
    torch_sides = [side.clone().requires_grad_() for side in model.sides]
    optimizer = torch.optim.Adagrad(torch_sides, lr=0.05, initial_accumulator_value=1.0)
    pairs, logs, weights = (
        torch.tensor([[0, 2, 5], [1, 0, 4]]),
        torch.tensor([0.5, 2.0, -1.0]),
        torch.tensor([1, 0.3, 1]),
    )
    for _ in range(3):
        optimizer.zero_grad()
        first, second = torch_sides[0][pairs[0]], torch_sides[1][pairs[1]]
        error = (first[:, :-1] * second[:, :-1]).sum(1) + first[:, -1] + second[:, -1] - logs
        (weights * error**2).sum().div(2).backward()
        optimizer.step()
        model.step(pairs, logs, weights, 0.05)
    for ours, theirs in zip(model.sides, torch_sides, strict=True):
        torch.testing.assert_close(ours, theirs.detach())


def test_pairs_stay_in_their_line_and_near():
    read = text.of_lines(["a b c d", "e f"], rare=1)
    found = word2vec.drawn(read, word2vec.Plan(window=2, often=1.0), np.random.default_rng(0))
    pairs = {(read.words[first], read.words[second]) for first, second in found}
    near = {("a", "b"), ("b", "c"), ("c", "d"), ("e", "f"), ("a", "c"), ("b", "d")}
    assert pairs <= near | {(second, first) for first, second in near}
    assert {("a", "b"), ("b", "a"), ("e", "f"), ("f", "e")} <= pairs  # each window has at least a word to each side


def test_frequent_words_are_left_out_at_times():
    read = text.of_lines(["the cat"] * 90 + ["cat dog"] * 10, rare=1)
    some = word2vec.drawn(read, word2vec.Plan(window=1, often=0.05), np.random.default_rng(0))
    assert (
        len(some) < 100 < 200 == len(word2vec.drawn(read, word2vec.Plan(window=1, often=1.0), np.random.default_rng(0)))
    )


def test_counts_fall_with_the_distance():
    read = text.of_lines(["a b c", "a b"], rare=1)
    places = [read.words.index(word) for word in "abc"]
    wanted = [[0, 2, 0.5], [2, 0, 1], [0.5, 1, 0]]
    np.testing.assert_allclose(counts.near(read, 2).toarray()[np.ix_(places, places)], wanted)


def test_an_answer_is_none_of_the_words_of_the_question():
    words = ["man", "woman", "king", "queen", "far"]
    vectors = np.array([[1, 0, 0.1], [1, 1, 0], [2, 0, 1.0], [2, 1.5, 1], [-1, 0, 0]])
    asked = [("man", "woman", "king", "queen")]
    assert analogies.answers(vectors, words, asked) == ["queen"]
    assert analogies.answers(vectors, words, [("man", "woman", "king", "")], offset=False) != ["king"]


def test_text_from_the_data_folder_or_an_error_that_says_where_it_is(tmp_path, monkeypatch):
    lines = "the Cat <unk> sat\n" * 25 + "a rare word\n"
    (tmp_path / "wikitext2").mkdir()
    (tmp_path / f"{wikitext2.FILE}.xz").write_bytes(lzma.compress(lines.encode()))
    read = text.of_lines(wikitext2.lines(tmp_path))
    assert sorted(read.words) == ["cat", "sat", "the"]
    assert len(read.places) == 75
    with pytest.raises(CapstanError, match="longer"):
        text.of_lines(["a rare word"])
    monkeypatch.setattr(wikitext2, "URL", "http://127.0.0.1:9/train.txt")
    with pytest.raises(CapstanError, match=r"as wikitext2/train\.txt, and set CAPSTAN_DATA_DIR"):
        wikitext2.lines(tmp_path / "nowhere")
