"""The served score: what its curves add up to, its ratios, and the record of its constants."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer, StandardScaler

from capstan.study import choices, find
from capstan.study.record import FILE, Record
from models.linear.curves import Curve
from pipelines.credit_risk import splines
from pipelines.credit_risk.columns import INPUTS
from pipelines.credit_risk.ratios import RATIOS, ratios
from pipelines.credit_risk.splines import Splines
from pipelines.credit_risk.studies.tune import study as tune


@pytest.fixture(scope="module")
def score(parts) -> Splines:
    rows = parts[0]["loans"]
    return Splines().fit(rows, rows["bad"].to_numpy())


def test_what_the_inputs_add_is_the_margin(score, held):
    base, values = score.contributions(held)
    assert values.shape == (len(held), len(INPUTS))
    assert base + values.sum(axis=1) == pytest.approx(score.margin(held))


def test_an_input_that_no_ratio_uses_adds_the_same_whatever_the_others_are(score, held):
    place = INPUTS.index("seniority")
    same = held.assign(seniority=7.0)
    assert np.ptp(score.contributions(same)[1][:, place]) == pytest.approx(0, abs=1e-12)
    assert np.ptp(score.contributions(held)[1][:, place]) > 1


def test_ratios_of_a_loan_by_hand():
    loan = {"amount": 1200.0, "price": 1600.0, "term": 24.0, "income": 150.0, "expenses": 50.0, "debt": 100.0}
    computed = ratios({name: np.array([value]) for name, value in (loan | {"assets": 3999.0}).items()})
    assert [float(value[0]) for value in computed.values()] == [0.75, 400, 50, 100, 50, 0.5, 2.0, 0.025, 3899]
    assert list(computed) == list(RATIOS)


def test_margin_is_that_of_the_same_regression_by_scikit_learn(score, parts, held):
    rows = parts[0]["loans"]
    past, later = (_terms(score, part) for part in (rows, held))
    scaler = StandardScaler().fit(past)
    line = LogisticRegression(C=splines.STRENGTH, max_iter=1_000).fit(scaler.transform(past), rows["bad"])
    assert score.margin(held) == pytest.approx(line.decision_function(scaler.transform(later)), abs=1e-3)


def _terms(score, rows):
    """The same inputs as scikit-learn makes them, but for the ranks."""
    shape, columns = SplineTransformer(splines.KNOTS).fit([[0.0], [1.0]]), []
    for name, values in score.values(rows).items():
        part = score.line.parts[name]
        if isinstance(part, Curve):
            columns += [shape.transform(part._ranks(values)[:, None]), np.isnan(values)[:, None]]
        else:
            columns.append(np.array(values, object)[:, None] == np.array(part.levels, object))
    return np.hstack(columns).astype(float)


def lines() -> pd.DataFrame:
    """Return the lines of the record that are of settings."""
    return Record.of(find.folder("credit_risk", "tune") / FILE).frame().query("part == 'score'")


def test_constants_are_those_of_the_record():
    record, tried = lines(), tune.FAMILIES
    assert len(record) == 5 * sum(len(tried.trials(family)) for family in tried)
    assert tried.best(record, "splines") == {"knots": splines.KNOTS, "strength": splines.STRENGTH}


@pytest.mark.parametrize("family", ["splines", "boosting"])
def test_record_is_what_the_command_measures(parts, family):
    record = lines().set_index(["family", "setting", "seed"])
    setting = tune.FAMILIES.trials(family)[0]
    area = tune.area(parts[0]["loans"].reset_index(drop=True), family, setting, 0)
    assert area == pytest.approx(record.loc[(family, choices.name(setting), 0), "roc_auc"], abs=1e-6)


def test_missing_and_unknown_values_have_a_margin(score, held):
    assert np.isfinite(score.margin(held.head(3).assign(home="castle", income=np.nan, assets=np.nan))).all()
