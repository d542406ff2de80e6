"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import numpy as np
import pandas as pd
import pytest

from models.text import text_attacks
from pipelines.moderation import task
from tests.support import watched


@pytest.fixture(scope="module")
def reference(parts, served):
    """The signals of the tweets that were learned from: those to test on are too few here for a reference."""
    return task.signals(served, parts[0])


def test_other_tweets_are_harmless(reference):
    mixed = reference.sample(frac=1, random_state=0, ignore_index=True)
    assert watched.alarms("moderation", mixed[300:], mixed[:300]) == set()


def test_a_wave_of_kind_posts_alarms(reference):
    """As where a page of another public is put behind the same endpoint: most of what is learned from offends."""
    kind = reference[reference["kind"] == "neither"]
    live = pd.concat([kind] * 4, ignore_index=True).head(300)
    assert ("drift", "kind") in watched.alarms("moderation", reference, live)


def test_letters_that_look_alike_alarm(reference, parts, served):
    """As where people write around the filter: the share of known words falls."""
    rows = parts[0]["tweets"].sample(250, random_state=0)
    random = np.random.default_rng(0)
    changed = rows.assign(text=[text_attacks.lookalike(text, random) for text in rows["text"]])
    raised = watched.alarms("moderation", reference, task.signals(served, {"tweets": changed}))
    assert ("drift", "known") in raised


def test_texts_whose_signs_are_lost_alarm(reference, parts, served):
    """As where a collector strips punctuation and faces before it asks."""
    rows = parts[0]["tweets"].sample(250, random_state=0)
    stripped = rows.assign(text=rows["text"].str.replace(r"[^\w\s]", "", regex=True).str.strip().replace("", "a"))
    raised = watched.alarms("moderation", reference, task.signals(served, {"tweets": stripped}))
    assert ("drift", "signs") in raised
