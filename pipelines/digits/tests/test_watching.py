"""What monitoring notices: changes that are planted alarm, a harmless one does not."""

import numpy as np
import pytest

from pipelines.digits import task
from tests.support import watched


@pytest.fixture(scope="module")
def others(parts):
    """Images that are not those of the reference."""
    return parts[1].iloc[1_500:2_500]


@pytest.fixture(scope="module")
def alarms(model, parts):
    """Return a function: which (check, signal) alarm for these images, compared with the first to test on."""
    reference = task.signals(model, {"images": parts[1].head(1_500)})
    return lambda rows: watched.alarms("digits", reference, task.signals(model, {"images": rows}))


def test_other_images_in_any_order_are_harmless(alarms, others):
    assert alarms(others) == set() and alarms(others.iloc[::-1]) == set()


def test_a_scanner_that_gets_pale_alarms_and_the_network_is_less_sure(alarms, others):
    pale = [(np.frombuffer(image, np.uint8) // 3).tobytes() for image in others["pixels"]]
    assert {("drift", "ink"), ("drift", "confidence")} <= alarms(others.assign(pixels=pale))


def test_other_digits_than_usual_alarm(alarms, others):
    assert ("drift", "digit") in alarms(others[others["label"] < 5])
