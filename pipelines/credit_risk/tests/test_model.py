"""What is served: who sees the protected attributes, reasons that add up, and changes that work."""

import numpy as np
import pytest
from scipy.special import logit

from pipelines.credit_risk import explanations, task
from pipelines.credit_risk.columns import CHANGEABLE, INPUTS, PROTECTED


def test_the_score_sees_neither_age_nor_marital_status(model, held):
    before, after = (model.predict_columns(rows) for rows in (held, held.assign(age=60.0, marital="single")))
    assert (before["probability"] == after["probability"]).all()
    assert (before["limit"] != after["limit"]).any()


def test_missing_marital_status_belongs_to_the_others(model, held):
    limits = [model.policy.limits(held.assign(marital=status)) for status in (None, "widow", "unheard of")]
    assert (limits[0] == limits[1]).all() and (limits[0] == limits[2]).all()


def test_reasons_add_up_to_the_probability(model, held):
    explanation = model.explain_columns(held)
    together = explanation.base + np.asarray(explanation.contributions).sum(axis=1)
    assert together == pytest.approx(logit(model.predict_columns(held)["probability"]), abs=1e-6)
    assert (np.asarray(explanation.contributions)[:, len(INPUTS) :] == 0).all()


def test_reasons_of_the_booster_are_those_of_the_package_shap(parts, held):
    import shap

    score = task.train(parts[0], score="boosting", fair=False).score
    with pytest.warns(UserWarning, match="LightGBM binary classifier"):  # of a form that it no longer has
        expected = shap.TreeExplainer(score.booster).shap_values(score.matrix(held.head(100)))
    assert score.contributions(held.head(100))[1] == pytest.approx(np.asarray(expected), abs=1e-6)


def test_the_strongest_reasons_come_first(model, held):
    reasons = model.predict_columns(held)["reasons"]
    values = np.asarray(model.explain_columns(held).contributions)[:, : len(INPUTS)]
    for row, shown in zip(values, reasons, strict=True):
        named = {reason["field"]: reason["effect"] for reason in shown}
        assert sorted(map(abs, named.values())) == pytest.approx(sorted(np.abs(row))[-len(named) :])
        assert all(row[INPUTS.index(name)] == pytest.approx(effect) for name, effect in named.items())


def test_lime_is_close_to_shap_on_what_counts_most(model, held):
    table = explanations.compare(model, held, [0, 1, 2, 3])
    assert table["in both"].mean() >= 1.5


def test_every_change_gets_the_loan_granted_and_is_one_that_an_applicant_can_make(model, held):
    answer = model.predict_columns(held)
    declined = [row for row, decision in enumerate(answer["decision"]) if decision == "decline"]
    helped = [row for row in declined if answer["changes"][row]]
    assert len(helped) > 50
    again = held.iloc[helped].copy()
    for place, row in enumerate(helped):
        for change in answer["changes"][row]:
            assert change["field"] in CHANGEABLE and change["now"] == held.loc[row, change["field"]]
            again.iloc[place, again.columns.get_loc(change["field"])] = change["then"]
    assert (model.predict_columns(again)["decision"] == "grant").all()
    assert again[[name for name in [*INPUTS, *PROTECTED] if name not in CHANGEABLE]].equals(
        held.iloc[helped][[name for name in [*INPUTS, *PROTECTED] if name not in CHANGEABLE]]
    )
    assert not any(answer["changes"][row] for row in range(len(held)) if row not in declined)


def test_one_row_as_the_endpoint_asks(model, held):
    row = {name: [None if value != value else value] for name, value in held.iloc[0].items() if name != "bad"}
    assert model.predict_columns(row)["probability"] == pytest.approx(
        model.predict_columns(held.head(1))["probability"]
    )


def test_numbers_beyond_what_was_learned_from_are_named(model, parts, held):
    seen = parts[0]["loans"]["amount"]
    rows = held.head(3).assign(amount=[seen.max() + 1, seen.median(), seen.max()], income=[np.nan, 1.0, 9_000.0])
    assert model.predict_columns(rows)["unusual"] == [["amount"], ["income"], ["income"]]
    assert np.mean([bool(names) for names in model.predict_columns(held)["unusual"]]) < 0.02
