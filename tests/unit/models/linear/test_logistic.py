"""The logistic regression that larger models must beat, against scikit-learn's own way to make it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from models.linear.logistic import Logistic


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(50, 9, 800), "age": rng.normal(0, 1, 800), "same": 1.0})
    frame["colour"] = rng.choice(["red", "green", "blue"], 800)
    frame["bad"] = (rng.random(800) < 1 / (1 + np.exp(-frame["age"] - (frame["colour"] == "red")))).astype(float)
    return frame


def test_probabilities_are_those_of_scikit_learn(rows):
    theirs = make_pipeline(
        make_column_transformer((StandardScaler(), ["size", "age", "same"]), (OneHotEncoder(), ["colour"])),
        LogisticRegression(tol=1e-10, max_iter=1_000),
    ).fit(rows, rows["bad"])
    mine = Logistic(["size", "age", "same"], ["colour"]).fit(rows, rows["bad"].to_numpy())
    assert mine.probability(rows) == pytest.approx(theirs.predict_proba(rows)[:, 1], abs=1e-4)


def test_missing_and_unknown_values_have_a_probability(rows):
    gaps = rows.assign(age=rows["age"].where(rows.index % 5 > 0), colour=rows["colour"].where(rows.index % 7 > 0))
    mine = Logistic(["size", "age"], ["colour"]).fit(gaps, gaps["bad"].to_numpy())
    imputed = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()).fit_transform(gaps[["age"]])
    assert mine.matrix(gaps)[:, 1] == pytest.approx(imputed[:, 0] * np.sqrt(0.8), rel=0.02, abs=1e-9)  # its own scale
    assert np.isfinite(mine.probability(gaps.assign(colour="violet", size=np.nan))).all()
