"""A conditional random field, compared with all sequences and compared with CRFsuite."""

import itertools

import numpy as np
import pandas as pd
import pytest
import sklearn_crfsuite
from scipy.sparse import csr_array

from models.tagging.crf import CRF
from tests.support.data import DATA_DIR

RIDGE = 0.5


@pytest.fixture(scope="module")
def sentences() -> pd.DataFrame:
    """Sentences of WNUT-17 and the names in them."""
    rows = pd.read_parquet(DATA_DIR / "wnut17" / "wnut17.parquet")
    return rows[rows["split"] == "train"].head(80)


def seen(tokens: list[str]) -> list[dict[str, str]]:
    return [{"word": token.lower(), "capital": str(token[:1].isupper()), "end": token[-2:].lower()} for token in tokens]


@pytest.fixture(scope="module")
def parts(sentences) -> tuple[csr_array, np.ndarray, list[int], list[str]]:
    """What is seen at each token, the number of its tag, the lengths of the sentences, and the tags."""
    names: dict[str, int] = {}
    columns = [
        [names.setdefault(f"{key}:{value}", len(names)) for key, value in token.items()]
        for tokens in sentences["tokens"]
        for token in seen(tokens)
    ]
    rows = csr_array((np.ones(3 * len(columns)), np.ravel(columns), np.arange(0, 3 * len(columns) + 1, 3)))
    tags = sorted({tag for sentence in sentences["tags"] for tag in sentence})
    numbers = np.array([tags.index(tag) for sentence in sentences["tags"] for tag in sentence])
    return rows, numbers, [len(sentence) for sentence in sentences["tokens"]], tags


@pytest.fixture(scope="module")
def own(parts) -> CRF:
    rows, numbers, lengths, tags = parts
    return CRF(len(tags), RIDGE, steps=400).fit([rows], numbers, lengths)


@pytest.fixture(scope="module")
def reference(sentences):
    everything = {"all_possible_transitions": True, "all_possible_states": True}
    exact = {"max_iterations": 400, "epsilon": 1e-9, "delta": 1e-9, "period": 20}
    model = sklearn_crfsuite.CRF("lbfgs", c1=0, c2=RIDGE, **exact, **everything)
    return model.fit(
        [seen(sentence) for sentence in sentences["tokens"]], [list(sentence) for sentence in sentences["tags"]]
    )


def test_loss_chances_and_tags_are_those_of_crfsuite(own, reference, parts, sentences):
    rows, _, lengths, tags = parts
    features = [seen(sentence) for sentence in sentences["tokens"]]
    assert own.loss == pytest.approx(reference.training_log_.last_iteration["loss"], rel=1e-6)
    wanted = [
        [chances[tag] for tag in tags] for sentence in reference.predict_marginals(features) for chances in sentence
    ]
    assert own.marginals([rows], lengths) == pytest.approx(np.array(wanted), abs=1e-3)
    assert [tags[number] for number in own.predict([rows], lengths)] == list(
        itertools.chain(*reference.predict(features))
    )


def test_chances_and_best_sequence_are_those_of_all_sequences():
    random = np.random.default_rng(0)
    field = CRF(3)
    field.weights, field.moves = random.normal(size=(4, 3)), random.normal(size=(3, 3))
    rows = random.normal(size=(5, 4))
    blocks, scores = [csr_array(rows[:, :1]), rows[:, 1:]], rows @ field.weights
    start = 0
    for length in (4, 1):  # padded to one length, and computed together
        emissions = scores[start : start + length]
        every = list(itertools.product(range(3), repeat=length))
        odds = np.array(
            [
                sum(emissions[time, tag] for time, tag in enumerate(each))
                + sum(field.moves[pair] for pair in itertools.pairwise(each))
                for each in every
            ]
        )
        chances = np.exp(odds) / np.exp(odds).sum()
        wanted = np.zeros((length, 3))
        for each, chance in zip(every, chances, strict=True):
            wanted[np.arange(length), each] += chance
        assert field.marginals(blocks, [4, 1])[start : start + length] == pytest.approx(wanted)
        assert tuple(field.predict(blocks, [4, 1])[start : start + length]) == every[int(odds.argmax())]
        start += length


def test_dense_columns_count_as_sparse_ones(parts, own):
    rows, numbers, lengths, tags = parts
    blocks = [rows[:, :100], rows[:, 100:].toarray()]
    field = CRF(len(tags), RIDGE, steps=400).fit(blocks, numbers, lengths)
    assert field.loss == pytest.approx(own.loss, rel=1e-6)
    assert field.weights == pytest.approx(own.weights, abs=1e-2)


def test_slope_of_the_loss_is_zero_at_its_least_value(parts, own):
    """Counts that are seen, less those expected, are twice the ridge times the weights."""
    rows, numbers, lengths, tags = parts
    difference = np.eye(len(tags))[numbers] - own.marginals([rows], lengths)
    assert rows.T @ difference == pytest.approx(2 * RIDGE * own.weights, abs=0.01)
