"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pandas as pd
import pytest

from pipelines.documents import task
from tests.support import watched


@pytest.fixture(scope="module")
def reference(parts, served):
    """The signals of the messages that were learned from: those to test on are too few here for a reference."""
    return task.signals(served, parts[0])


def test_other_messages_are_harmless(reference):
    mixed = reference.sample(frac=1, random_state=0, ignore_index=True)
    assert watched.alarms("documents", mixed[300:], mixed[:300]) == set()


def test_a_folder_of_one_subject_alarms(reference):
    sport = reference[reference["group"].str.startswith("rec.sport")]
    live = pd.concat([sport] * 4, ignore_index=True).head(300)
    assert ("drift", "group") in watched.alarms("documents", reference, live)


def test_tables_read_as_text_alarm(reference, parts, served):
    """As where a parser returns the numbers of tables in the place of sentences."""
    rows = parts[0]["messages"].sample(250, random_state=0)
    numbers = rows.assign(text=rows["text"].str.replace(r"\b(\w{2})\w+", r"\1 12.5", regex=True))
    assert ("drift", "letters") in watched.alarms("documents", reference, task.signals(served, {"messages": numbers}))
