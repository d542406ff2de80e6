"""Reports of Evidently on columns that it cannot put into bins."""

import numpy as np
import pandas as pd
import pytest

from monitoring import reports, signals

ROWS = 200
EVEN = np.linspace(0.1, 0.9, ROWS)


def test_numbers_that_differ_by_next_to_nothing_are_compared():
    """As the answers to one request in batches of different sizes."""
    live = pd.DataFrame({"probability": [0.0605, np.nextafter(0.0605, 1)] * (ROWS // 2)})
    assert reports.is_comparable(live["probability"])
    compared = reports.compare("look", pd.DataFrame({"probability": EVEN}), live)
    assert compared.drifted == 1 and b"<html" in compared.page


@pytest.mark.parametrize(("answers", "drifted"), [([True, False], 0), ([True, True], 1)])
def test_booleans_of_a_log_are_compared_with_those_of_a_reference(answers, drifted):
    class Plain:
        live_signals = None

    reference = pd.DataFrame({"refused": [True, False] * (ROWS // 2)})
    predictions = [{"refused": answer} for answer in answers * (ROWS // 2)]
    log = pd.DataFrame({"inputs": [{}] * ROWS, "features": [{}] * ROWS, "prediction": predictions})
    live = signals.of_predictions(Plain(), log, reference, lambda: pytest.fail("a model was loaded"))
    assert reports.compare("look", signals.as_logged(reference), live).drifted == drifted


@pytest.mark.parametrize(
    ("values", "comparable"),
    [
        ([2**53] * ROWS, False),
        ([1e300] * ROWS, False),
        ([None] * ROWS, False),
        ([np.nan, np.inf] * (ROWS // 2), False),
        ([1e300, 2e300] * (ROWS // 2), True),
        ([0.0] * ROWS, True),
        (["a", None] * (ROWS // 2), True),
        ([True] * ROWS, True),
    ],
)
def test_column_is_comparable_where_its_report_can_be_made(values, comparable):
    live = pd.DataFrame({"signal": values})
    assert reports.is_comparable(live["signal"]) == comparable
    if comparable:
        assert reports.compare("look", live, live).drifted == 0
