"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pandas as pd
import pytest

from pipelines.sentiment import data, task
from pipelines.sentiment.tests import small
from tests.support import watched
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """A twentieth of the snippets, in two halves at random."""
    path = tmp_path_factory.mktemp("watched") / data.FILE
    small.fewer(pd.read_parquet(data.find(DATA_DIR)), 20).to_parquet(path)
    rows = data.snippets(path).sample(frac=1, random_state=0)
    return rows[::2], rows[1::2]


@pytest.fixture(scope="module")
def reference(halves, served):
    """The signals of the first half."""
    return task.signals(served, {"snippets": halves[0]})


def test_other_snippets_are_harmless(reference, halves, served):
    assert watched.alarms("sentiment", reference, task.signals(served, {"snippets": halves[1]})) == set()


def test_tweets_alone_alarm(reference, halves, served):
    """As where another product sends its texts here."""
    tweets = halves[1][halves[1]["source"] == "tweet"]
    live = pd.concat([tweets, tweets], ignore_index=True)
    assert ("drift", "source") in watched.alarms("sentiment", reference, task.signals(served, {"snippets": live}))


def test_a_mood_that_turns_alarms(reference, halves, served):
    """Weeks in which nobody is content: snippets that people found unpleasant, twice."""
    rows = halves[1]
    unpleasant = task.signals(served, {"snippets": rows[rows["valence"] < 0]})
    live = pd.concat([unpleasant, unpleasant], ignore_index=True)
    assert ("drift", "valence") in watched.alarms("sentiment", reference, live)


def test_texts_whose_signs_are_lost_alarm(reference, halves, served):
    """As where a collector strips punctuation, exclamation marks and faces before it asks."""
    rows = halves[1].head(250)
    stripped = rows.assign(text=rows["text"].str.replace(r"[^\w\s]", "", regex=True).str.strip().replace("", "a"))
    assert ("drift", "signs") in watched.alarms("sentiment", reference, task.signals(served, {"snippets": stripped}))
