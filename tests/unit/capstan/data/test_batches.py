"""Tables in batches: what is taken of them equals what is taken of the whole table."""

from itertools import pairwise

import pandas as pd
import pytest

from capstan.data.batches import Batches, batches_of, select
from capstan.data.files import read_tables, write_tables

TABLE = pd.DataFrame({"number": range(10), "group": list("abcab" * 2)})


def in_batches(*borders: int) -> Batches:
    """Return the table in batches that end before these rows."""
    places = [0, *borders, len(TABLE)]
    return Batches(lambda: (TABLE[start:end] for start, end in pairwise(places)))


def test_a_table_and_its_batches_are_gone_through_alike():
    for table in (TABLE, in_batches(3, 7)):
        pd.testing.assert_frame_equal(pd.concat(batches_of(table)), TABLE)


def test_selected_rows_are_those_of_the_whole_table():
    wanted = select(TABLE, lambda rows: rows["group"] == "a")
    assert wanted["number"].tolist() == [0, 3, 5, 8]
    assert select(in_batches(3, 7), lambda rows: rows["group"] == "a").frame().equals(wanted.reset_index(drop=True))


@pytest.mark.parametrize("borders", [(), (1,), (3, 7), (4, 4, 9)])
def test_a_sample_is_the_same_however_the_rows_are_divided(borders):
    assert in_batches(*borders).sample(4)["number"].tolist() == [0, 3, 6, 9]
    assert in_batches(*borders).sample(100)["number"].tolist() == list(range(10))


def test_first_and_last_rows_are_of_batches_that_have_some(tmp_path):
    write_tables({"table": select(in_batches(3, 7), lambda rows: rows["number"].between(4, 6))}, tmp_path)
    stored = read_tables(tmp_path)["table"]
    assert [path.name for path in (tmp_path / "table").iterdir()] == ["00000.parquet"]
    assert (stored.head(2)["number"].tolist(), stored.tail(2)["number"].tolist()) == ([4, 5], [5, 6])
    assert in_batches(3, 7).tail(2)["number"].tolist() == [8, 9]
    write_tables({"table": select(in_batches(3, 7), lambda rows: rows["number"] < 0)}, tmp_path)
    assert len(stored) == 0 and stored.head().columns.tolist() == ["number", "group"]
