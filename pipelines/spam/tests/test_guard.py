"""What lies outside the messages of the file is shown with a remark, and the gate asks for it."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from data_sets import messages_of_today
from pipelines.spam import guard, report, task, training
from pipelines.spam.scores import Bayes


def test_halves_are_apart_and_no_message_is_in_the_file(tables):
    rows = messages_of_today.messages()
    assert len(rows) == 200 and rows["text"].is_unique and rows.groupby("known").size().min() > 90
    assert not set(rows["text"]) & set(tables["messages"]["text"])


def test_share_that_is_flagged_is_the_one_that_was_chosen():
    random = np.random.default_rng(0)
    rows, others = (csr_array(random.normal(middle, 1, (size, 6))) for middle, size in ((0, 3_000), (3, 60)))
    spam = (np.arange(3_000) % 4 == 0).astype(int)
    parts = [
        (np.flatnonzero(np.arange(3_000) % 5 != fold), np.flatnonzero(np.arange(3_000) % 5 == fold))
        for fold in range(5)
    ]
    model = guard.fit(rows, others, spam, parts, seed=0)
    for aside in (False, True):
        new = [csr_array(random.normal(middle, 1, (1_000, 6))) for middle in (0, 3)]
        flagged = [model.outside(vectors, np.full(1_000, aside)).mean() for vectors in new]
        assert flagged[0] == pytest.approx(guard.FLAGGED, abs=0.02) and flagged[1] > 0.95


def test_what_is_unusual_is_shown(served):
    texts = messages_of_today.messages()["text"].tolist()
    answers = served.decided(texts)
    unusual = np.array([bool(remarks) for remarks in answers["unusual"]])
    assert unusual.mean() > 0.5 and set(answers["decision"][unusual]) == {"ham"}


def test_file_has_few_remarks(served, held):
    assert np.mean([bool(remarks) for remarks in served.decided(held)["unusual"]]) < 0.15


def test_tuned_naive_bayes_alone_breaks_a_limit_of_the_gate(parts):
    """No lower log loss is asked for: on 1,341 messages the difference to it is not sure."""
    rows = parts[0]["messages"]
    model = training.of(rows, Bayes, Bayes.counts(rows["text"].tolist()), seed=0, weights={})
    metrics = report.today(model)
    limits = ("today_lost", "today_scams_shown")
    assert not any(task.THRESHOLDS[name].holds(metrics[name]) for name in limits)
