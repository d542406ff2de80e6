"""Fusion, learning to rank and the data, beside their definitions."""

import zipfile

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from data_sets import scifact, squad
from models.retrieval import fusion
from models.retrieval.analysis import Analyzer
from pipelines.search import answers, learned, rankings, tune
from tests.support.data import DATA_DIR

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def data() -> scifact.SciFact:
    return scifact.load(DATA_DIR)


@pytest.fixture(scope="module")
def few(data) -> scifact.SciFact:
    """The abstracts of 25 claims to train on, and those claims."""
    claims = data.claims["train"]
    numbers = np.unique(np.concatenate(claims.relevant[:25]))
    relevant = [np.searchsorted(numbers, one) for one in claims.relevant[:25]]
    some = [[values[number] for number in numbers] for values in (data.keys, data.titles, data.texts)]
    part = scifact.Claims(claims.keys[:25], claims.texts[:25], relevant)
    return scifact.SciFact(*some, {"train": part})


def test_data_are_those_of_beir(data):
    assert len(data.keys) == len(set(data.keys)) == 5_183
    assert {part: len(claims.keys) for part, claims in data.claims.items()} == {"train": 809, "test": 300}
    assert {part: sum(map(len, claims.relevant)) for part, claims in data.claims.items()} == {"train": 919, "test": 339}
    assert not set(data.claims["train"].keys) & set(data.claims["test"].keys)


def test_data_of_the_archive_are_the_same(tmp_path, monkeypatch, few):
    (corpus,) = [b"".join(line.encode() for line in scifact.lines(scifact.CORPUS, DATA_DIR))]
    with zipfile.ZipFile(tmp_path / scifact.ARCHIVE, "w") as archive:
        archive.writestr("scifact/corpus.jsonl", corpus)
        for name in (scifact.QUERIES, "qrels/train.tsv", "qrels/test.tsv"):
            archive.writestr(f"scifact/{name}", "".join(scifact.lines(name, DATA_DIR)))
    made, right = scifact.load(tmp_path), scifact.load(DATA_DIR)
    assert (made.keys, made.texts, made.claims["test"].keys) == (right.keys, right.texts, right.claims["test"].keys)


def test_fusion_by_place_is_that_of_the_paper():
    first, second = np.array([[3.0, 1.0, 2.0]]), np.array([[0.1, 0.2, 0.2]])
    assert fusion.ranks(second).tolist() == [[3, 1, 2]]  # of equal ones, the first
    made = fusion.reciprocal([first, second], 60)
    assert made[0] == pytest.approx([1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 1 / 62 + 1 / 62])


def test_a_weighted_sum_lies_between_both():
    words, meanings = RNG.random((4, 30)) * 9, RNG.random((4, 30)) * 2 - 1
    orders = [np.argsort(-fusion.weighted(words, meanings, share)) for share in (0.0, 1.0)]
    assert np.array_equal(orders[0], np.argsort(-words)) and np.array_equal(orders[1], np.argsort(-meanings))
    half = fusion.weighted(words, meanings, 0.5)
    assert half.min() >= 0 and half.max() <= 1
    assert (fusion.weighted(np.zeros((1, 3)), meanings[:1, :3], 0.5) >= 0).all()  # a claim without a known word


def test_ndcg_is_that_of_scikit_learn():
    scores = RNG.random((20, 40))
    relevant = [RNG.choice(40, size, replace=False) for size in RNG.integers(1, 5, 20)]
    truth = np.zeros((20, 40))
    for row, numbers in enumerate(relevant):
        truth[row, numbers] = 1
    assert rankings.ndcg(scores, relevant).mean() == pytest.approx(ndcg_score(truth, scores, k=10))


def test_claims_about_one_abstract_are_in_one_fold(data):
    relevant = data.claims["train"].relevant
    fold = tune.folds(relevant, seed=0)
    of_abstract: dict[int, set[int]] = {}
    for place, numbers in zip(fold.tolist(), relevant, strict=True):
        for number in numbers.tolist():
            of_abstract.setdefault(number, set()).add(place)
    assert {len(places) for places in of_abstract.values()} == {1}
    assert np.bincount(fold).min() > 100


def test_abstracts_are_like_the_first_without_themselves():
    vectors = RNG.normal(size=(12, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = RNG.random((2, 12))
    made = learned.like_the_first(scores, vectors)
    for row in range(2):
        order = np.argsort(-scores[row])
        for number in range(12):
            others = [one for one in order[: learned.FIRST + 1] if one != number][: learned.FIRST]
            assert made[row, number] == pytest.approx((vectors[others] @ vectors[number]).mean(), abs=1e-6)


def test_what_is_known_of_a_pair():
    known = learned.Abstracts(["two mice of 25 g", "a rat"], np.eye(2), Analyzer())
    share, rare, missing, in_a_row, numbers = known.matched(Analyzer().terms("25 mice, two rabbits"), 0)
    assert (share, in_a_row, numbers) == (3 / 4, 0, 1.0)
    assert missing == known.rarest and 0 < rare < share
    assert known.matched(["two", "mice"], 0)[3] == 1.0


def test_each_method_ranks_the_claims_of_few_abstracts(few, monkeypatch, tmp_path):
    """All parts together, with MiniLM itself. The forest has learned from these claims."""
    made = rankings.Rankings(few, "train")
    relevant = few.claims["train"].relevant
    for scores in (made.words, made.fields, made.meanings, made.reciprocal, made.both):
        assert scores.shape == (25, len(few.keys)) and rankings.ndcg(scores, relevant).mean() > 0.8
    assert made.candidates.columns.shape[1] == len(learned.NAMES)
    forest = learned.fit(made.candidates, relevant, leaves=4, rounds=20, seed=0)
    ordered = learned.scores(forest, made.candidates, made.words.shape)
    assert rankings.ndcg(ordered, relevant).mean() > 0.8
    again = made.changed(share=0.1)
    assert vars(again)["words"] is made.words and "both" not in vars(again)
    assert np.array_equal(made.changed(k1=made.settings.k1).words, made.words)


def test_questions_and_paragraphs_are_those_of_squad():
    data = squad.load(DATA_DIR)
    assert (len(data.paragraphs), len(data.questions), data.article.max() + 1) == (2_067, 10_570, 48)
    where = [data.paragraph[data.questions.index("Where did Super Bowl 50 take place?")]]
    assert "Levi's Stadium" in data.paragraphs[where[0]] and data.titles[where[0]] == "Super Bowl 50"


def test_places_are_those_of_a_stable_order():
    scores = RNG.integers(0, 4, (50, 9)).astype(float)
    right = RNG.integers(0, 9, 50)
    order = np.argsort(-scores, axis=1, kind="stable")
    expected = [1 + row.tolist().index(number) for row, number in zip(order, right.tolist(), strict=True)]
    assert answers.places(scores, right).tolist() == expected
