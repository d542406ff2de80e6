"""Harmless sentences about identities: what is measured is never learned, and the gate asks for little harm."""

import numpy as np
import pytest

from components.gate import trials
from data_sets import harmless_sentences
from models.text import templates
from pipelines.moderation import identity, report, scores, task, training


def test_what_is_measured_is_not_learned():
    learned, measured = identity.to_learn(), identity.to_measure()
    assert not set(learned["template"]) & set(measured["template"])
    assert not set(learned["text"]) & set(measured["text"])
    held = measured[measured["held"]]
    assert not any(name.lower() in text.lower() for name in held["identity"].unique() for text in learned["text"])
    assert set(held["kind"]) == set(learned["kind"]) == {*harmless_sentences.LEARNED}
    assert measured["text"].is_unique and learned["text"].is_unique


def test_articles_and_capitals_fit():
    assert templates.filled("{A} asked.", "old woman") == "An old woman asked."
    assert templates.filled("I met {a}, {x}.", "Sikh") == "I met a Sikh, Sikh."


def test_sentences_join_the_tweets_as_harmless_units_of_their_own(parts):
    rows = parts[0]["tweets"]
    taught = training.taught(rows, 3.0)
    new = taught.iloc[len(rows) :]
    assert (training.shares_of(new)[:, 2] == 1).all()
    assert (new["importance"] == 3.0 * min(1, len(rows) / identity.ENOUGH)).all()
    assert (new["unit"] < 0).all() and new["unit"].nunique() == len(harmless_sentences.TO_LEARN)
    assert (taught["importance"].head(len(rows)) == 1).all()
    assert len(training.taught(rows, 0.0)) == len(rows)


def test_harm_counts_hate_and_what_is_not_shown():
    likely = np.log(np.array([[0.98, 0.01, 0.01], [0.001, 0.001, 0.998]]))
    harm = report.harm(likely, np.array([0, 2]))
    assert {name: each.tolist() for name, each in harm.items()} == {"identity_hate": [1, 0], "identity_aside": [1, 0]}


def test_the_worst_identity_is_first(served):
    rows = report.by_identity(report.harmed(served))
    assert len(rows) == 28
    assert rows["identity_hate"].is_monotonic_decreasing
    assert served.words >= {"lesbian", "trans"}


def test_the_linear_svc_has_decisions_of_classes_and_a_level_metric(served, parts):
    outcome = task.evaluate(served, parts[1])
    assert set(outcome.baselines[report.SVC]) == {"macro_f1", "cost"} and outcome.level[report.SVC] == ["macro_f1"]
    for name in ("macro_f1", "cost"):
        assert outcome.baselines[report.SVC][name].mean() == pytest.approx(outcome.metrics[f"{name}_of_svc"])


def test_a_model_without_the_sentences_is_rejected_because_of_them(parts, weights):
    model = training.fit(parts[0]["tweets"], weights, scores.Pair, 0, int8=True, identities=0)
    assert "identity_hate against threshold" in trials.alone("moderation", task.evaluate(model, parts[1]))


def test_a_model_with_the_sentences_is_within_the_limits(served, parts):
    reasons = trials.alone("moderation", task.evaluate(served, parts[1]))
    assert not [reason for reason in reasons if reason.startswith("identity")]


def test_a_baseline_learns_the_same_sentences(parts, weights):
    rows = parts[0]["tweets"]
    model = training.fit(rows, weights, scores.simple, 0)
    assert isinstance(model.baseline, scores.Score) and "lesbian" in model.words
