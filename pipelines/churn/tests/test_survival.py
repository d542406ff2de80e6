"""Kaplan-Meier and Cox from scratch against statsmodels, with and without delayed entry."""

import numpy as np
import pytest
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from models.survival import cox, kaplan_meier
from pipelines.churn import lives


@pytest.fixture(scope="module")
def some(tables):
    """Lifetimes of 700 customers, and three of their features."""
    rows = tables["customers"].iloc[::10]
    rows = rows[rows["tenure"] > 0]
    x = np.column_stack([rows["monthly"] / 30, rows["contract"] == "one year", rows["senior"] == "yes"]).astype(float)
    return x, rows["tenure"].to_numpy(), rows["churned"].to_numpy()


def entries(time: np.ndarray, delayed: bool) -> np.ndarray:
    """Return from when on each is watched: a year before, or from the start."""
    return np.maximum(time - 12, 0) if delayed else np.zeros(len(time))


@pytest.mark.parametrize("delayed", [False, True])
def test_kaplan_meier_is_that_of_statsmodels(some, delayed):
    _, time, event = some
    entry = entries(time, delayed)
    ours = kaplan_meier.fit(time, event, entry)
    theirs = SurvfuncRight(time, event, entry=entry if delayed else None)
    mask = np.isin(theirs.surv_times, ours.times)
    assert ours.share == pytest.approx(theirs.surv_prob[mask], abs=1e-12)
    assert ours.at_risk.tolist() == theirs.n_risk[mask].astype(int).tolist()
    inside = (ours.share > 0) & (ours.share < 1)
    greenwood = theirs.surv_prob_se[mask][inside]
    width = np.log(-np.log(ours.low[inside])) - np.log(-np.log(ours.share[inside]))
    expected = 1.959964 * greenwood / (ours.share[inside] * np.abs(np.log(ours.share[inside])))
    assert width == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("delayed", [False, True])
def test_cox_is_that_of_statsmodels(some, delayed):
    x, time, event = (part[::2] for part in some)
    entry = entries(time, delayed)
    ours = cox.Cox().fit(x, time, event, entry)
    # statsmodels counts who enters at a time as at risk then: half a month later is after it.
    theirs = PHReg(time, x, status=event, entry=entry + 0.5 if delayed else None, ties="efron").fit()
    assert ours.weights == pytest.approx(theirs.params, abs=1e-6)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(theirs.bse, abs=1e-6)


def test_features_that_depend_on_each_other_need_the_ridge(some):
    x, time, event = some
    twice = np.column_stack([x, x[:, 0]])
    with pytest.raises((np.linalg.LinAlgError, ValueError)):
        cox.Cox().fit(twice, time, event)
    assert np.ptp(cox.Cox(ridge=1.0).fit(twice, time, event).weights[[0, 3]]) < 1e-8


def test_concordance_by_hand():
    # Pairs in which one left first: (1, 2), (1, 3), (2, 3). The risks order the first two.
    concordance = cox.concordance(np.array([1.0, 2.0, 3.0]), np.array([1, 1, 0]), np.array([2.0, 0.5, 1.0]))
    assert concordance == pytest.approx(2 / 3)
    late = cox.concordance(*(np.array(part) for part in ([1.0, 2, 3], [1, 1, 0], [2.0, 0.5, 1.0], [0.0, 0, 1])))
    assert late == pytest.approx(1 / 2)  # the third entered after the first had left


def test_nobody_at_risk_is_forgotten():
    curve = kaplan_meier.fit(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1, 1, 0, 1]))
    assert curve.at_risk.tolist() == [4, 3, 1] and curve.share == pytest.approx([3 / 4, 1 / 2, 0])
    assert curve.at(0.5) == (1, 1, 1) and curve.at(2)[0] == pytest.approx(1 / 2) and curve.median() == 2


def test_lives_are_read_in_two_ways(tables):
    rows = tables["customers"]
    start, month = lives.lifetimes(rows, lives.FROM_THE_START), lives.lifetimes(rows, lives.LAST_MONTH)
    assert start.time.tolist() == month.time.tolist() and (start.entry == 0).all()
    assert (month.time - month.entry == 1).all() and len(month.time) == 7043 - 11


def test_chance_of_staying_falls_and_starts_with_the_hazard(tables):
    rows = tables["customers"].iloc[::7]
    life = lives.lifetimes(rows, lives.LAST_MONTH)
    model = lives.Stays().fit(rows)
    stays = model.months(rows.head(50))
    assert stays.shape == (50, len(lives.MONTHS)) and (np.diff(stays, axis=1) <= 0).all() and (stays[:, 0] == 1).all()
    # The hazards of all add up to those who left: Breslow's baseline is made so.
    known = rows[rows["tenure"] > 0]
    hazard = model.cox.hazard(life.entry, life.time) * np.exp(model.cox.log_risk(model.features(known)))
    assert hazard.sum() == pytest.approx(life.event.sum())
    chances = np.linspace(0.1, 0.9, 50)
    assert model.months(rows.head(50), chances)[:, 1] == pytest.approx(1 - chances)
