"""The split: what the task decides, counted, and refused when a part is empty or of one class."""

import json
from pathlib import Path

import pandas as pd
import pytest

from capstan.data.files import read_tables, write_tables
from capstan.errors import CapstanError
from components.split.core import split
from pipelines.flight_delay import task
from tests.support.flights import rows_with_known_truth


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """A training set of 20,000 rows."""
    return rows_with_known_truth()


@pytest.fixture
def divide(tmp_path):
    """Split a frame; return both parts and the counts."""

    def run(frame: pd.DataFrame, known_by: str = "", **parameters) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
        write_tables({"training_set": frame}, tmp_path / "all")
        paths = [str(tmp_path / name) for name in ("all", "train", "test", "counts.json")]
        counts = split("flight_delay", *paths, known_by, parameters)
        assert json.loads(Path(paths[3]).read_text()) == counts
        return read_tables(paths[1])["flights"], read_tables(paths[2])["flights"], counts

    return run


def test_split_puts_the_border_itself_into_the_test_set(divide, rows):
    frame = rows.copy()
    border = pd.Timestamp(task.TEST_FROM)
    frame.loc[[100, 200], "event_timestamp"] = [border, border - pd.Timedelta("1us")]
    train, test, counts = divide(frame)
    assert (train["event_timestamp"] < border).all() and (test["event_timestamp"] >= border).all()
    assert train["event_timestamp"].max() == border - pd.Timedelta("1us") and test["event_timestamp"].min() == border
    assert counts == {"train_flights": len(train), "test_flights": len(test)}
    assert len(train) + len(test) == len(rows)


def test_split_leaves_rows_without_a_label_out(divide, rows):
    unknown = rows["late"].where(rows.index % 10 != 0)
    train, test, _counts = divide(rows.assign(late=unknown))
    assert len(train) + len(test) == 18_000
    assert train["late"].notna().all() and test["late"].notna().all()


@pytest.mark.parametrize(("part", "name"), [("train", "training"), ("test", "test")])
def test_split_refuses_a_part_that_is_empty_or_of_one_class(part, name, divide, rows):
    inside = (rows["event_timestamp"] < task.TEST_FROM) == (part == "train")
    with pytest.raises(CapstanError, match=f"The {name} set is empty") as error:
        divide(rows[~inside])
    assert task.TEST_FROM in str(error.value)
    with pytest.raises(CapstanError, match=f"The {name} set has .* fewer than two classes"):
        divide(rows.assign(late=rows["late"].where(~inside, 1.0)))


def test_run_as_of_an_instant_sees_no_label_that_was_known_later(divide, rows):
    """Planted: flights that left before the instant and landed after it, and some that never did."""
    moment = pd.Timestamp("2013-09-15T00:00Z")
    known_at = (rows["event_timestamp"] + pd.Timedelta("3h")).where(rows.index % 1_000 != 0)
    train, test, _counts = divide(
        rows.assign(label_known_at=known_at), known_by=moment.isoformat(), test_from="2013-09-01T00:00:00+00:00"
    )
    both = pd.concat([train, test])
    assert (both["label_known_at"] <= moment).all()
    assert len(both) == (known_at <= moment).sum() < (rows["event_timestamp"] < moment).sum()
    assert test["event_timestamp"].min() >= pd.Timestamp("2013-09-01T00:00Z") > train["event_timestamp"].max()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"known_by": "yesterday"}, "'yesterday' is not an instant"),
        ({"test_from": "soon"}, "'soon' is not an instant"),
        ({"known_by": "2013-09-15"}, "nothing says when a label was known"),
        ({"test_until": "2013-09-15"}, "`split` of .* has no parameter test_until"),
    ],
)
def test_split_refuses_what_it_cannot_follow(options, problem, divide, rows):
    with pytest.raises(CapstanError, match=problem):
        divide(rows, **options)
