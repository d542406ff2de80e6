"""Splits: by time, and without copies of what is tested on."""

import pandas as pd
import pytest

from capstan.data.batches import Batches
from capstan.errors import CapstanError
from models.metrics import splits

ROWS = pd.DataFrame(
    {"at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"], utc=True), "x": [1.0, None, 3.0], "y": [0, 1, 0]}
)


def test_rows_before_a_border_are_those_to_train_on():
    past, later = splits.by_time(ROWS, "at", "2024-01-03T00:00:00Z")
    assert (list(past.index), list(later.index)) == ([0, 1], [2])
    with pytest.raises(CapstanError, match="training set is empty"):
        splits.by_time(ROWS, "at", "2024-01-01T00:00:00Z")


def test_batches_are_divided_as_the_whole_table_is():
    past, later = splits.by_time(Batches(lambda: (ROWS[:1], ROWS[1:])), "at", "2024-01-03T00:00:00Z")
    expected = splits.by_time(ROWS, "at", "2024-01-03T00:00:00Z")
    assert isinstance(past, Batches)
    pd.testing.assert_frame_equal(past.frame(), expected[0])
    pd.testing.assert_frame_equal(later, expected[1].reset_index(drop=True))
    with pytest.raises(CapstanError, match="test set is empty"):
        splits.by_time(Batches(lambda: [ROWS]), "at", "2025-01-01T00:00:00Z")


def test_copies_are_found_by_the_columns_that_are_named_and_through_gaps():
    others = pd.DataFrame({"x": [None, 3.0], "y": [1, 1]}, index=[7, 8])
    assert list(splits.without(ROWS, others, ["x", "y"]).index) == [0, 2]
    assert list(splits.without(ROWS, others, ["x"]).index) == [0]


def test_one_class_alone_is_refused():
    with pytest.raises(CapstanError, match="fewer than two classes of 'y'"):
        splits.require_classes(ROWS[ROWS["y"] == 0], "y", "test")
    splits.require_classes(Batches(lambda: (ROWS[:1], ROWS[1:2])), "y", "test")
