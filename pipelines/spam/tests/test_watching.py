"""What monitoring notices: changes that are planted alarm, harmless ones do not."""

import pytest

from pipelines.spam import task
from pipelines.spam.tests.conftest import FEWER
from tests.support import watched

SOME = 300


@pytest.fixture(scope="module")
def alarms(parts, served):
    """Return a function: which (check, signal) alarm for these signals, compared with those of messages to test on."""
    reference = task.signals(served, {"messages": parts[1]["messages"].head(450)})
    return lambda live: watched.alarms("spam", reference, live)


@pytest.fixture(scope="module")
def signals(served):
    """Return a function: the signals of messages."""
    return lambda rows: task.signals(served, {"messages": rows})


@pytest.fixture(scope="module")
def others(parts):
    """Messages that are neither those of the reference, nor those that were learned from."""
    return parts[0]["messages"].iloc[FEWER:].sample(SOME, random_state=0)


def test_other_messages_in_another_order_are_harmless(alarms, signals, others):
    live = signals(others)
    assert alarms(live) == set() and alarms(live.iloc[::-1].reset_index(drop=True)) == set()


def test_campaign_alarms(alarms, signals, others):
    """Half of what comes is one advertisement, which nobody has labelled."""
    text = "Ur parcel waits! Pay the fee at parcel{}.example/{} or it goes back".format
    campaign = others.assign(text=[text(number % 7, number) for number in range(len(others))]).iloc[::2]
    assert {("drift", "length"), ("drift", "known")} & alarms(signals(campaign.combine_first(others)))


def test_texts_without_digits_alarm(alarms, signals, others):
    """As where a gateway masks numbers before it asks."""
    raised = alarms(signals(others.assign(text=others["text"].str.replace(r"\d", "*", regex=True))))
    assert ("drift", "digits") in raised or ("drift", "known") in raised
