"""What monitoring leaves alone."""

import pytest

from pipelines.sentiment import task
from tests.support import watched


@pytest.fixture(scope="module")
def reference(parts, served):
    """The signals of the snippets that were learned from: those to test on are too few here for a reference."""
    return task.signals(served, parts[0])


@pytest.fixture(scope="module")
def live(reference):
    return reference.sample(300, random_state=0, ignore_index=True)


def test_other_snippets_in_another_order_are_harmless(reference, live):
    assert watched.alarms("sentiment", reference, live) == set()
    assert watched.alarms("sentiment", reference, live.sample(frac=1, random_state=1, ignore_index=True)) == set()
