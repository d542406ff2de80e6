"""Word and character runs, hashed TF-IDF, naive Bayes and the support vector machine, compared with scikit-learn's."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.svm import LinearSVC

from models.linear import platt
from models.linear.linear_svm import LinearSVM
from models.linear.passive_aggressive import PassiveAggressive
from models.text import near_copies, text_grams
from models.text.hashed_tfidf import Tfidf, columns, counted
from models.text.naive_bayes import NaiveBayes

WIDTH = 2**18


def grams(text: str) -> list[str]:
    return [gram.name for gram in text_grams.characters(text, 2, 4)]


def words(text: str) -> list[str]:
    return [gram.name for gram in text_grams.runs(text_grams.tokens(text), 2)]


@pytest.fixture(scope="session")
def texts(plays) -> list[str]:
    """Speeches of plays."""
    return plays.split("\n\n")[:250]


@pytest.fixture(scope="session")
def counts(texts) -> csr_array:
    return counted([words(text) for text in texts], WIDTH)


@pytest.fixture(scope="session")
def target(texts) -> np.ndarray:
    """Whether a citizen speaks, but for a few: the classes overlap."""
    return np.array([("Citizen" in text) ^ (place % 29 == 0) for place, text in enumerate(texts)]).astype(int)


@pytest.mark.parametrize(
    ("own", "settings"),
    [
        (grams, {"analyzer": "char_wb", "ngram_range": (2, 4), "lowercase": False}),
        (words, {"ngram_range": (1, 2), "lowercase": False}),
    ],
)
def test_counts_are_those_of_scikit_learn(texts, own, settings):
    vectorizer = CountVectorizer(**settings)
    theirs = vectorizer.fit_transform(texts)
    places = columns(vectorizer.get_feature_names_out(), WIDTH)
    hashed = csr_array((np.ones(len(places)), (np.arange(len(places)), places)), shape=(len(places), WIDTH))
    assert abs(counted([own(text) for text in texts], WIDTH) - csr_array(theirs) @ hashed).max() == 0
    transformed = TfidfTransformer(sublinear_tf=True).fit_transform(csr_array(theirs) @ hashed)
    mine = counted([own(text) for text in texts], WIDTH)
    assert abs(Tfidf().fit(mine).transform(mine) - transformed).max() < 1e-12


def test_place_of_a_run_is_where_it_stands():
    text = "Call 0800 now, it is FREE"
    for gram in text_grams.characters(text, 2, 5):
        assert gram.name.strip() == text[gram.start : gram.end]
    assert [text[gram.start : gram.end] for gram in text_grams.runs(text_grams.tokens(text), 1)] == [
        "Call", "0800", "now", "it", "is", "FREE",
    ]  # fmt: skip


def test_text_without_a_run_is_zero():
    counts = counted([[], ["a"], []], 16)
    weights = Tfidf().fit(counts).transform(counts)
    assert weights.toarray().sum(axis=1).tolist() == [0, 1, 0] and counted([], 16).shape == (0, 16)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
@pytest.mark.parametrize(
    ("kind", "reference"), [("multinomial", MultinomialNB), ("bernoulli", BernoulliNB), ("complement", ComplementNB)]
)
def test_naive_bayes_is_that_of_scikit_learn(counts, target, kind, reference, smoothing):
    mine = NaiveBayes(kind, smoothing).fit(counts, target).margin(counts)
    logs = reference(alpha=smoothing).fit(counts, target).predict_log_proba(counts)
    assert mine == pytest.approx(logs[:, 1] - logs[:, 0], abs=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
@pytest.mark.parametrize("strength", [0.3, 3.0])
def test_support_vector_machine_is_that_of_scikit_learn(counts, target, loss, strength):
    rows = Tfidf().fit(counts).transform(counts)
    theirs = LinearSVC(C=strength, loss=loss, tol=1e-8, max_iter=100_000).fit(rows, target)
    mine = LinearSVM(strength, loss, tolerance=1e-7).fit(rows, target)
    assert mine.margin(rows) == pytest.approx(theirs.decision_function(rows), abs=1e-4)
    assert mine.used < 1_000


def test_importance_of_a_row_is_as_many_copies(counts, target):
    rows = Tfidf().fit(counts).transform(counts)
    twice = np.concatenate([np.arange(len(target)), np.arange(50)])
    copied = LinearSVM(tolerance=1e-7).fit(rows[twice], target[twice])
    weighted = LinearSVM(tolerance=1e-7).fit(rows, target, np.where(np.arange(len(target)) < 50, 2.0, 1.0))
    assert weighted.margin(rows) == pytest.approx(copied.margin(rows), abs=1e-4)


def test_groups_are_what_pairs_connect():
    texts = [
        "URGENT! You have won 500 pounds, call 09061701461",
        "urgent you have won 900 pounds call 08001234567!!",
        "I am at home, where are you?",
        "I am at home - where are you",
        "ok",
        "",
    ]
    groups = near_copies.groups(texts)
    assert groups[0] == groups[1] and groups[2] == groups[3] and len(set(groups.tolist())) == 4


def test_groups_are_those_of_all_pairs_by_hand(texts):
    texts = texts[:60] + [text[: len(text) * 3 // 4] for text in texts[:30]]
    runs = [
        {shape[start : start + 4] for start in range(max(len(shape) - 4, 0) + 1)}
        for shape in map(near_copies.shape, texts)
    ]
    groups = near_copies.groups(texts)
    for first, a in enumerate(runs):
        for second, b in enumerate(runs):
            if len(a & b) >= near_copies.ALIKE * len(a | b):
                assert groups[first] == groups[second]
    assert len(set(groups.tolist())) > 30


@pytest.mark.parametrize("bound", [0.05, 1.0])
def test_passive_aggressive_steps_are_those_of_scikit_learn(counts, target, bound):
    """Its intercept is another one: here it is the weight of a column of ones, for both."""
    rows = Tfidf().fit(counts).transform(counts)
    used = np.unique(rows.indices)
    whole = np.column_stack([rows[:, used].toarray(), np.ones(len(target))])
    theirs = SGDClassifier(
        loss="hinge", penalty=None, learning_rate="pa1", eta0=bound, fit_intercept=False, shuffle=False, max_iter=1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(whole, target)
    mine = PassiveAggressive(np.zeros(WIDTH), bound=bound)
    mine.learn(rows, target)
    assert mine.margin(rows) == pytest.approx(theirs.decision_function(whole), abs=1e-9)


def test_line_of_platt_makes_probabilities_of_margins():
    random = np.random.default_rng(0)
    margin = random.normal(size=20_000)
    target = random.random(20_000) < 1 / (1 + np.exp(-(3 * margin - 1)))
    assert platt.line(margin, target.astype(int)) == pytest.approx((3, -1), abs=0.1)


def test_line_of_platt_gives_each_class_its_share():
    """What the gradient of the likelihood by the intercept is zero for."""
    margin, target = np.array([-2.0, -1, 0, 1, 2, 3]), np.array([0, 0, 1, 0, 1, 1])
    slope, intercept = platt.line(margin, target)
    assert (1 / (1 + np.exp(-(slope * margin + intercept)))).sum() == pytest.approx(3, abs=1e-3)
