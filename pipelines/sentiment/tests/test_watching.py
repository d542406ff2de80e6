"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pandas as pd
import pytest

from pipelines.sentiment import task
from tests.support import watched


@pytest.fixture(scope="module")
def reference(parts, served):
    """The signals of the snippets that were learned from: those to test on are too few here for a reference."""
    return task.signals(served, parts[0])


def test_other_snippets_are_harmless(reference):
    mixed = reference.sample(frac=1, random_state=0, ignore_index=True)
    assert watched.alarms("sentiment", mixed[300:], mixed[:300]) == set()


def test_a_mood_that_turns_alarms(reference, parts, served):
    """Weeks in which nobody is content: of the snippets of before, those that people found unpleasant, twice."""
    rows = parts[0]["snippets"]
    unpleasant = task.signals(served, {"snippets": rows[rows["valence"] < 0]})
    live = pd.concat([unpleasant, unpleasant], ignore_index=True)
    assert ("drift", "valence") in watched.alarms("sentiment", reference, live)


def test_texts_whose_signs_are_lost_alarm(reference, parts, served):
    """As where a collector strips punctuation, exclamation marks and faces before it asks."""
    rows = parts[0]["snippets"].sample(250, random_state=0)
    stripped = rows.assign(text=rows["text"].str.replace(r"[^\w\s]", "", regex=True).str.strip().replace("", "a"))
    assert ("drift", "signs") in watched.alarms("sentiment", reference, task.signals(served, {"snippets": stripped}))
