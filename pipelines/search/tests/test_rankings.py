"""Learning to rank, simulated clicks and the data, compared with their definitions."""

import zipfile

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from data_sets import scifact, squad
from models.retrieval.analysis import Analyzer
from pipelines.search.ranking import ndcg
from pipelines.search.studies import learned, rankings
from pipelines.search.studies.compare import clicks
from pipelines.search.studies.paragraphs import study as paragraphs
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
    relevant = [np.searchsorted(numbers, cited) for cited in claims.relevant[:25]]
    some = [[values[number] for number in numbers] for values in (data.keys, data.titles, data.texts)]
    part = scifact.Claims(claims.keys[:25], claims.texts[:25], relevant)
    return scifact.SciFact(*some, {"train": part})


def test_data_are_those_of_beir(data):
    assert len(data.keys) == len(set(data.keys)) == 5_183
    assert {part: len(claims.keys) for part, claims in data.claims.items()} == {"train": 807, "test": 300}
    assert {part: sum(map(len, claims.relevant)) for part, claims in data.claims.items()} == {"train": 917, "test": 339}
    assert not set(data.claims["train"].keys) & set(data.claims["test"].keys)
    assert not set(data.claims["train"].texts) & set(data.claims["test"].texts)


def test_data_of_the_archive_are_the_same(tmp_path, monkeypatch, few):
    (corpus,) = [b"".join(line.encode() for line in scifact.lines(scifact.CORPUS, DATA_DIR))]
    with zipfile.ZipFile(tmp_path / scifact.ARCHIVE, "w") as archive:
        archive.writestr("scifact/corpus.jsonl", corpus)
        for name in (scifact.QUERIES, "qrels/train.tsv", "qrels/test.tsv"):
            archive.writestr(f"scifact/{name}", "".join(scifact.lines(name, DATA_DIR)))
    loaded, right = scifact.load(tmp_path), scifact.load(DATA_DIR)
    assert (loaded.keys, loaded.texts, loaded.claims["test"].keys) == (
        right.keys,
        right.texts,
        right.claims["test"].keys,
    )


def test_ndcg_is_that_of_scikit_learn():
    scores = RNG.random((20, 40))
    relevant = [RNG.choice(40, size, replace=False) for size in RNG.integers(1, 5, 20)]
    truth = np.zeros((20, 40))
    for row, numbers in enumerate(relevant):
        truth[row, numbers] = 1
    assert ndcg(scores, relevant).mean() == pytest.approx(ndcg_score(truth, scores, k=10))


def test_claims_about_one_abstract_are_in_one_fold(data):
    relevant = data.claims["train"].relevant
    fold = rankings.folds(relevant, seed=0)
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
    likeness = learned.like_the_first(scores, vectors)
    for row in range(2):
        order = np.argsort(-scores[row])
        for number in range(12):
            others = [place for place in order[: learned.FIRST + 1] if place != number][: learned.FIRST]
            assert likeness[row, number] == pytest.approx((vectors[others] @ vectors[number]).mean(), abs=1e-6)


def test_what_is_known_of_a_pair():
    known = learned.Abstracts(["two mice of 25 g", "a rat"], np.eye(2), Analyzer())
    share, rare, missing, in_a_row, numbers = known.matched(Analyzer().terms("25 mice, two rabbits"), 0)
    assert (share, in_a_row, numbers) == (3 / 4, 0, 1.0)
    assert missing == known.rarest and 0 < rare < share
    assert known.matched(["two", "mice"], 0)[3] == 1.0


def test_each_method_ranks_the_claims_of_few_abstracts(few, monkeypatch, tmp_path):
    """All parts together, with MiniLM itself. The forest has learned from these claims."""
    ranking = rankings.Rankings(few, "train")
    relevant = few.claims["train"].relevant
    for scores in (ranking.words, ranking.fields, ranking.meanings, ranking.reciprocal, ranking.both):
        assert scores.shape == (25, len(few.keys)) and ndcg(scores, relevant).mean() > 0.8
    assert ranking.candidates.columns.shape[1] == len(learned.NAMES)
    forest = learned.fit(ranking.candidates, relevant, leaves=4, rounds=20, seed=0)
    ordered = learned.scores(forest, ranking.candidates, ranking.words.shape)
    assert ndcg(ordered, relevant).mean() > 0.8
    again = ranking.changed(share=0.1)
    assert vars(again)["words"] is ranking.words and "both" not in vars(again)
    assert np.array_equal(ranking.changed(k1=ranking.settings.k1).words, ranking.words)


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
    assert paragraphs.places(scores, right).tolist() == expected


def test_tests_of_an_experiment_know_a_clear_case():
    assert clicks.wins(np.array([1] * 20 + [0] * 30 + [-1] * 3)) == 1
    assert clicks.wins(np.array([-1] * 20 + [1] * 3)) == -1
    assert clicks.wins(np.array([1, -1] * 20)) == 0 == clicks.wins(np.zeros(5))
    assert clicks.differs(np.zeros(50), np.ones(50) + RNG.random(50)) == 1
    assert clicks.differs(np.ones(5), np.ones(5)) == 0
