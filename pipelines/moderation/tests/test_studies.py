"""What the studies do to texts, and how they count. No offending text stands here."""

import numpy as np
import pandas as pd
import pytest

from models.encoder import minilm
from models.text import text_attacks
from pipelines.moderation import decisions, training
from pipelines.moderation.studies.asking import study as asking
from pipelines.moderation.studies.compare import dialect
from pipelines.moderation.studies.compare import study as compare
from pipelines.moderation.studies.robust import pictures
from pipelines.moderation.studies.robust import study as robust
from pipelines.moderation.studies.robust.undoing import undone


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("y0u 1d10t g0 h0me", "you 1diot g0 home"),  # what begins with a digit, or ends with one, may be a number
        ("id.iot, i d i o t", "idiot, idiot"),
        ("\u0430pples", "apples"),
        ("at 10am in 2014, route66 is gr8 4 me: 3.5", "at 10am in 2014, route66 is gr8 4 me: 3.5"),
        ("so good! Yes. No", "so good! Yes. No"),
    ],
)
def test_disguise_is_undone_where_the_word_shows_it(text, plain):
    assert undone(text) == plain


def test_disguises_change_a_text_and_letters_that_look_alike_come_back():
    text = "nobody knows what troubles everybody has with some weather"
    for attack in robust.ATTACKS.values():
        variants = [attack(text, np.random.default_rng(seed)) for seed in range(40)]
        assert np.mean([variant != text for variant in variants]) > 0.9
    assert undone(text_attacks.lookalike(text, np.random.default_rng(0))) == text


def test_words_of_the_dialect_stand_alone():
    assert dialect.has("He finna go") and dialect.has("DAT one") and dialect.has("it ain\u2019t so")
    assert not dialect.has("data of witty dents and gongs")


def test_labels_needed_are_read_off_the_curve():
    rows = pd.DataFrame({"labels": [100, 200, 400], "macro_f1": [0.5, 0.6, 0.7]})
    assert asking.needed(rows, 0.6) == pytest.approx(200)
    assert 200 < asking.needed(rows, 0.65) < 400
    assert np.isnan(asking.needed(rows, 0.8))


def test_the_most_urgent_is_the_closest_and_the_most_expensive():
    scores = np.log(np.array([[0.02, 0.97, 0.01], [0.45, 0.5, 0.05], [0.01, 0.01, 0.98]]))
    for strategy in (asking.CLOSE, asking.COSTLY):
        assert asking.urgency(strategy, scores, np.zeros(3), np.random.default_rng(0)).argmax() == 1


def test_distance_is_that_of_levenshtein():
    assert [pictures.distance(*pair) for pair in (("kitten", "sitting"), ("", "ab"), ("same", "same"))] == [3, 2, 0]


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_drawn_text_is_on_the_picture(kind):
    word, dot = (np.asarray(pictures.drawn(text, **pictures.KINDS[kind]).convert("L")) for text in ("lilac", "."))
    assert word.shape == dot.shape and (np.abs(word.astype(int) - dot) > 100).mean() > 0.0005


def test_a_text_is_named_by_what_has_not_seen_its_judgement(parts, weights):
    """Judgements of the held fold that are turned around change no answer about it."""
    from pipelines.moderation import reading

    rows = parts[0]["tweets"].head(200)
    texts, shares = rows["text"].tolist(), training.shares_of(rows)
    read = reading.read(texts, minilm.shared(weights).embed(texts))
    units = rows["unit"].to_numpy()
    held = next(training.folds(units, 0, compare.FOLDS))[1]
    turned = shares.copy()
    turned[held] = np.roll(shares[held], 1, axis=1)
    answers = [compare.answers(compare.AGAIN, read, truth, units, 0)[compare.SERVED] for truth in (shares, turned)]
    assert (answers[0].guess[held] == answers[1].guess[held]).all()
    assert answers[0].scores[held] == pytest.approx(answers[1].scores[held])


def test_policies_cost_what_the_table_says():
    shares = np.eye(3)
    answers = compare.Made(np.log(np.clip(shares, 1e-6, 1)), np.arange(3))
    by_costs = compare.chosen(answers, compare.POLICIES[0])
    assert [decisions.DECISIONS[index] for index in by_costs] == ["remove", "warn", "show"]
    assert decisions.cost(shares, by_costs).sum() == 0
    shown = compare.chosen(answers, "everything is shown")
    assert decisions.cost(shares, shown).tolist() == decisions.COSTS[:, 0].tolist()
