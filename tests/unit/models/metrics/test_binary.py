"""The figures of probabilities, against scikit-learn and against a count by hand."""

import numpy as np
import pytest
from sklearn import metrics as reference

from models.metrics.binary import by_slice, calibration_error, evaluate, reliability, score


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
    mask = frame["carrier"] == "B6"
    assert table.loc["B6", "roc_auc"] == pytest.approx(
        reference.roc_auc_score(frame.loc[mask, "late"], rows.loc[mask, "probability"])
    )
    assert np.isnan(table.loc["AA", "roc_auc"]) and table.loc["AA", "positive_share"] == 0


def test_evaluation_holds_the_metrics_a_plot_and_a_table_per_slice(rows):
    from matplotlib.figure import Figure

    evaluation = evaluate(rows, "late", rows["probability"].to_numpy(), ["carrier", "origin"])
    assert evaluation.metrics == score(rows["late"].to_numpy(), rows["probability"].to_numpy())
    kinds = {section.title: section.content for section in evaluation.sections}
    assert {"By carrier", "By origin"} <= set(kinds)
    assert any(isinstance(content, Figure) for content in kinds.values())
