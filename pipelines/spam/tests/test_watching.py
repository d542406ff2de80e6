"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pytest

from pipelines.spam import task
from tests.support import watched


@pytest.fixture(scope="module")
def alarms(parts, served):
    """Return a function: which (check, signal) alarm for these messages, beside the messages to test on."""
    reference = task.signals(served, parts[1])
    return lambda rows: watched.alarms("spam", reference, task.signals(served, {"messages": rows}))


@pytest.fixture(scope="module")
def others(parts):
    """Messages that are neither those of the reference, nor those that were learned from."""
    return parts[0]["messages"].iloc[1_500:]


def test_other_messages_in_another_order_are_harmless(alarms, others):
    rows = others.sample(900, random_state=0)
    assert alarms(rows) == set() and alarms(rows.iloc[::-1]) == set()


def test_campaign_alarms(alarms, others):
    """Half of what comes is one advertisement, which nobody has labelled."""
    rows = others.sample(900, random_state=0)
    text = "Ur parcel waits! Pay the fee at parcel{}.example/{} or it goes back".format
    campaign = rows.assign(text=[text(one % 7, one) for one in range(len(rows))]).iloc[::2]
    assert {("drift", "length"), ("drift", "known")} & alarms(campaign.combine_first(rows))


def test_texts_without_digits_alarm(alarms, others):
    """As where a gateway masks numbers before it asks."""
    rows = others.sample(900, random_state=0)
    made = alarms(rows.assign(text=rows["text"].str.replace(r"\d", "*", regex=True)))
    assert ("drift", "digits") in made or ("drift", "known") in made
