"""The linear SVC of topics: its values, its probabilities, and what is of none of the topics."""

import numpy as np
import pytest

from models.text.topic_svc import WIDTH, TopicSVC, begins, calibrated

WORDS = {"bikes": "ride wheel chain road", "planets": "orbit moon star light", "prayers": "church god faith hope"}


def drawn(count: int, noise: int, seed: int) -> tuple[list[str], list[str]]:
    """Return texts of some groups, of their words and of words that all have."""
    random, names = np.random.default_rng(seed), list(WORDS)
    groups = [names[number % len(names)] for number in range(count)]
    common = [f"word{number}" for number in range(60)]
    texts = [
        " ".join([*random.choice(WORDS[group].split(), 2), *random.choice(common, noise), str(number)])
        for number, group in enumerate(groups)
    ]
    return [" ".join(random.permutation(text.split())) for text in texts], groups


@pytest.mark.parametrize("groups", [2, 3])
def test_values_are_those_of_scikit_learn(groups):
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    texts, names = drawn(120, 10, seed=0)
    names = [name if groups == 3 or name != "prayers" else "bikes" for name in names]
    runs = HashingVectorizer(ngram_range=(1, 2), n_features=WIDTH, norm=None, alternate_sign=False)
    reference = make_pipeline(runs, TfidfTransformer(sublinear_tf=True), LinearSVC(random_state=0))
    wanted = reference.fit(texts, names).decision_function(texts)
    svc = TopicSVC().fit(texts, names)
    found = svc.values(svc.counts(texts))
    assert found[:, -1] == pytest.approx(wanted if groups == 2 else wanted[:, -1], abs=1e-4)


def test_probabilities_are_calibrated_where_a_softmax_is_too_sure():
    random = np.random.default_rng(0)
    true = random.integers(5, size=4_000)
    values = random.normal(-0.9, 0.3, (4_000, 5))
    values[np.arange(4_000), true] += 0.9
    probabilities = calibrated(values, np.array([1.3, 2.7, 2.0]))
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert (probabilities.argmax(axis=1) == values.argmax(axis=1)).all()
    # A softmax is as sure of a second value of 0.5 less, wherever both are: here high ones are alike.
    low, high = calibrated(np.array([[-0.5, -1.0], [2.0, 1.5]]), np.array([1.3, 2.7, 2.0]))[:, 0]
    assert low > 0.99 and high < 0.51


def test_as_many_texts_are_outside_as_it_allows_and_words_of_no_group_are():
    texts, names = drawn(600, 12, seed=0)
    later, true = drawn(300, 12, seed=1)
    svc = TopicSVC().fit(texts, names)
    found = np.array(svc.names)[svc.probabilities(later).argmax(axis=1)]
    assert (found == true).mean() > 0.9
    assert svc.outside(later).mean() < 0.15
    assert svc.outside(["", "nothing of it was ever seen", "what else"]).all()


def test_texts_that_begin_alike_are_one_unit():
    assert begins(["a b c d e", "a b c d f", "b c d e f"]).tolist() == [0, 0, 1]


def test_a_group_that_a_fold_lacks_is_known_in_the_end():
    texts, names = drawn(60, 5, seed=0)
    svc = TopicSVC().fit([*texts, "one text alone"], [*names, "rare"])
    assert svc.names[int(svc.probabilities(["one text alone"]).argmax())] == "rare"
