"""What is compared with the served score, and what MiniLM's vector adds to it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.spam.scores import Machine, Meant, rows_of
from pipelines.spam.studies.tune.rivals import Boosted, lengths

KNOWN, ALL = 120, 180


@pytest.fixture(scope="module")
def messages(parts):
    rows = parts[0]["messages"]
    some = np.concatenate([np.flatnonzero(rows["spam"] == kind)[: ALL // 2] for kind in (0, 1)])
    some = np.random.default_rng(0).permutation(some)
    return rows["text"].iloc[some].tolist(), rows["spam"].to_numpy().astype(int)[some]


@pytest.mark.parametrize("kind", [Meant, Boosted])
def test_spam_ranks_above_ham_that_was_not_learned(messages, kind):
    texts, spam = messages
    counts = kind.counts(texts)
    fitted = kind().fit(rows_of(counts, np.arange(KNOWN)), spam[:KNOWN])
    assert roc_auc_score(spam[KNOWN:], fitted.margin(rows_of(counts, np.arange(KNOWN, ALL)))) > 0.9


def test_without_its_vector_it_is_the_served_score(messages):
    texts, spam = messages
    own, served = Meant(stretch=0.0).fit(Meant.counts(texts), spam), Machine().fit(Machine.counts(texts), spam)
    np.testing.assert_allclose(own.margin(Meant.counts(texts)), served.margin(Machine.counts(texts)), atol=1e-9)


def test_lengths_of_a_message():
    assert lengths("Call 0800 NOW!") == [14, 4, 4, 1, 3, 4]
    assert lengths("ok") == [2, 0, 0, 0, 1, 0]
