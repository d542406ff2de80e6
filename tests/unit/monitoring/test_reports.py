"""Reports of Evidently on columns that it cannot put into bins."""

import numpy as np
import pandas as pd
import pytest

from monitoring import reports

ROWS = 200
EVEN = np.linspace(0.1, 0.9, ROWS)


def test_numbers_that_differ_by_next_to_nothing_are_compared():
    """As the answers to one request in batches of different sizes."""
    live = pd.DataFrame({"probability": [0.0605, np.nextafter(0.0605, 1)] * (ROWS // 2)})
    assert reports.is_comparable(live["probability"])
    compared = reports.compare("look", pd.DataFrame({"probability": EVEN}), live)
    assert compared.drifted == 1 and b"<html" in compared.page


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
