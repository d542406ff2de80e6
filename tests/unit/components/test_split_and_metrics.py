"""The border in time, and the figures against scikit-learn and against a count by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from components.evaluate.metrics import by_slice, calibration_error, reliability, score
from sklearn import metrics as reference

from capstan.errors import CapstanError
from components.split.core import split
from pipelines.flight_delay import task


@pytest.fixture
def divide(tmp_path):
    """Split a frame; return both parts and the counts."""

    def run(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
        frame.to_parquet(tmp_path / "all", index=False)
        paths = [str(tmp_path / name) for name in ("all", "train", "test", "counts.json")]
        counts = split("flight_delay", *paths)
        assert json.loads(Path(paths[3]).read_text()) == counts
        return pd.read_parquet(paths[1]), pd.read_parquet(paths[2]), counts

    return run


def test_split_puts_the_border_itself_into_the_test_set(divide, rows):
    frame = rows.copy()
    border = pd.Timestamp(task.TEST_FROM)
    frame.loc[[100, 200], "event_timestamp"] = [border, border - pd.Timedelta("1us")]
    train, test, counts = divide(frame)
    assert (train["event_timestamp"] < border).all() and (test["event_timestamp"] >= border).all()
    assert train["event_timestamp"].max() == border - pd.Timedelta("1us") and test["event_timestamp"].min() == border
    assert counts["train_rows"] + counts["test_rows"] == len(train) + len(test) == len(rows)
    assert counts["test_positive_share"] == pytest.approx(test["late"].mean())


def test_split_leaves_rows_without_a_label_out_and_counts_them(divide, rows):
    unknown = rows["late"].where(rows.index % 10 != 0)
    train, test, counts = divide(rows.assign(late=unknown))
    assert counts["unlabelled_rows"] == 2_000
    assert len(train) + len(test) == 18_000
    assert train["late"].notna().all() and test["late"].notna().all()


@pytest.mark.parametrize("part", ["train", "test"])
def test_split_refuses_a_part_that_is_empty_or_of_one_class(part, divide, rows):
    inside = (rows["event_timestamp"] < task.TEST_FROM) == (part == "train")
    for frame in (rows[~inside], rows.assign(late=rows["late"].where(~inside, 1.0))):
        with pytest.raises(CapstanError, match=f"The {part} set has") as error:
            divide(frame)
        assert task.TEST_FROM in str(error.value) and "pipelines/flight_delay/task.py" in str(error.value)


def test_scores_are_those_of_scikit_learn(rows):
    target, probability = rows["late"].to_numpy(), rows["probability"].to_numpy()
    result = score(target, probability)
    assert result["roc_auc"] == pytest.approx(reference.roc_auc_score(target, probability))
    assert result["average_precision"] == pytest.approx(reference.average_precision_score(target, probability))
    assert result["brier"] == pytest.approx(np.mean((target - probability) ** 2))


def test_calibration_error_is_the_one_counted_by_hand():
    """Twenty rows, two a bin; the distances are .05 .15 .25 .15 .05 .05 .35 .25 .15 .05."""
    probability = np.repeat(np.arange(10) / 10 + 0.05, 2)
    target = np.array([0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    observed = np.array([0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1, 1])
    expected = np.abs(probability[::2] - observed).mean()
    assert expected == pytest.approx(0.15)
    assert calibration_error(target, probability) == pytest.approx(expected)


def test_calibration_error_of_true_probabilities_is_small_and_grows_with_a_shift(rows):
    target, probability = rows["late"].to_numpy(), rows["probability"].to_numpy()
    assert calibration_error(target, probability) < 0.015
    for shift in (0.1, 0.2):
        assert calibration_error(target, probability + shift) == pytest.approx(shift, abs=0.015)


def test_bins_hold_equally_many_rows_even_when_all_probabilities_are_equal():
    bins = reliability(np.arange(100) % 2, np.full(100, 0.5))
    assert bins["rows"].tolist() == [10] * 10


def test_slices_cover_every_row_and_score_where_both_classes_are(rows):
    frame = rows.assign(late=rows["late"].where(rows["carrier"] != "AA", 0.0))
    table = by_slice(frame, "late", rows["probability"].to_numpy(), "carrier").set_index("carrier")
    assert table["rows"].sum() == len(rows)
    one = frame["carrier"] == "B6"
    assert table.loc["B6", "roc_auc"] == pytest.approx(
        reference.roc_auc_score(frame.loc[one, "late"], rows.loc[one, "probability"])
    )
    assert np.isnan(table.loc["AA", "roc_auc"]) and table.loc["AA", "positive_share"] == 0
