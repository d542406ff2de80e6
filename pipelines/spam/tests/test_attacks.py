"""Attacks leave a message readable, and training against them brings back a part of what they take."""

import copy

import numpy as np
import pytest

from models.text import text_attacks
from pipelines.spam.studies.robust import attacks
from pipelines.spam.studies.robust import study as robust

BACK = str.maketrans(text_attacks.CYRILLIC, text_attacks.LATIN)
HAM = ["see you at home then, my dear friend of all times, when it is dark"]


def letters(text: str) -> list[str]:
    """Return what a person reads, in any order."""
    return sorted(sign for sign in text.translate(BACK) if sign.isalnum())


@pytest.fixture(scope="module")
def ads(parts) -> list[str]:
    rows = parts[1]["messages"]
    return rows.loc[rows["spam"] == 1, "text"].tolist()


@pytest.mark.parametrize("name", ["words spelled wrongly", "words torn apart", "letters that look alike"])
def test_attack_leaves_every_letter(ads, name):
    changed = attacks.attacked(ads, attacks.ATTACKS[name], HAM, seed=0)
    assert [letters(text) for text in changed] == [letters(text) for text in ads]
    assert np.mean([text != old for text, old in zip(changed, ads, strict=True)]) > 0.9
    assert changed == attacks.attacked(ads, attacks.ATTACKS[name], HAM, seed=0)


def test_good_words_are_those_of_ham(ads):
    changed = attacks.attacked(ads, attacks.padded, HAM, seed=0)
    assert changed[0] == f"{ads[0]} {' '.join(HAM[0].split()[: attacks.ADDED])}"


def test_copies_to_train_against_are_of_spam_but_for_misspelled_ham(parts):
    rows = parts[0]["messages"].head(200)
    texts, spam = rows["text"].tolist(), rows["spam"].to_numpy().astype(int)
    copies = attacks.copies(texts, spam, seed=0)
    assert list(copies) == [*attacks.ATTACKS, attacks.HONEST]
    for name, (copied, places) in copies.items():
        assert len(copied) == len(places) and set(spam[places]) == {int(name != attacks.HONEST)}
    assert len(copies[attacks.HONEST][0]) == pytest.approx((spam == 0).sum() / 2, abs=2)


def test_training_against_attacks_helps(parts, ads):
    blocks = robust.Blocks(parts[0]["messages"].head(240), seed=0)
    changed = robust.counts(attacks.attacked(ads[:60], attacks.together, HAM, seed=7))
    found = [(blocks.fit(names).margin(changed) > 0).mean() for names in ([], list(attacks.ATTACKS))]
    assert found[0] < 0.7 < found[1]


def test_groups_that_are_left_out_have_no_effect(parts):
    """What calibrates a score, and every attacked copy of it, is not learned from."""
    rows = parts[0]["messages"].head(120)
    original = robust.Blocks(rows, seed=0)
    counts, spam, groups = original.parts["none"]
    left = groups[:30]
    turned = copy.copy(original)
    turned.parts = {
        name: (part, np.where(np.isin(own, left), 1 - labels, labels), own)
        for name, (part, labels, own) in original.parts.items()
    }
    margins = [blocks.fit(list(attacks.ATTACKS), left).margin(counts) for blocks in (original, turned)]
    assert margins[0] == pytest.approx(margins[1], abs=1e-12) and len(spam) == 120
