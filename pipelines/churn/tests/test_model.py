"""What is served: reasons that add up, what a call is worth, and what is asked in the place of what is known."""

import numpy as np
import pytest
from scipy.special import logit

from capstan.errors import InvalidRow
from pipelines.churn import costs, profits, task
from pipelines.churn.boosting import Boosting
from pipelines.churn.columns import CUSTOMER, INPUTS


@pytest.fixture(scope="module")
def answers(served, held):
    return served.predict_columns(held)


def test_reasons_add_up_to_the_probability(served, held, answers):
    explanation = served.explain_columns(held)
    together = explanation.base + np.asarray(explanation.contributions).sum(axis=1)
    assert explanation.contributions.shape == (len(held), len(served.inputs))
    assert together == pytest.approx(logit(answers["probability"]), abs=1e-6)


def test_the_strongest_reasons_come_first(served, held, answers):
    values = served.explain_columns(held).contributions[:, [list(served.inputs).index(name) for name in INPUTS]]
    for row, reasons in zip(values[:50], answers["reasons"][:50], strict=True):
        assert [reason["effect"] for reason in reasons] == pytest.approx(
            sorted(row, key=lambda effect: -abs(effect))[: len(reasons)]
        )


def test_reasons_of_the_booster_are_those_of_the_package_shap(parts, held):
    import shap

    rows = parts[0]["customers"].head(800)
    score = Boosting(rounds=40).fit(rows, rows["churned"].to_numpy())
    with pytest.warns(UserWarning, match="LightGBM binary classifier"):  # of a form that it no longer has
        expected = shap.TreeExplainer(score.booster).shap_values(score.matrix(held.head(50)))
    assert score.contributions(held.head(50))[1] == pytest.approx(np.asarray(expected), abs=1e-6)


def test_profit_of_a_call_by_hand():
    # One of a bill of 70 who is there in the first month, half of the time in the second, and then never, pays 1.5
    # bills if the first is not the last: 26.25. A call earns 0.5 * 0.3 * (26.25 - 10) - 0.5 * 10 - 1.
    value = costs.value(np.array([70.0]), np.array([[1.0, 0.8, 0.4, *[0.0] * 10]]))
    assert value == pytest.approx([26.25])
    assert costs.profit(np.array([0.5, 0.0, 1.0]), np.repeat(value, 3)) == pytest.approx([-3.5625, -11, 3.875])


def test_call_pays_from_the_limit_on(served, answers, held):
    stays = served.stays.months(held, answers["probability"])
    value = costs.value(held["monthly"].to_numpy(), stays)
    limit, called = costs.limit(value), answers["decision"] == "call"
    pays = limit < 1
    assert costs.profit(limit[pays], value[pays]) == pytest.approx(0, abs=1e-9)
    assert (called == (answers["probability"] > limit)).all() and 0.05 < called.mean() < 0.3
    assert answers["limit"] == pytest.approx(limit)


def test_a_customer_is_worth_the_bills_of_the_curve_in_the_same_answer(answers, held):
    curves = np.array([[left for _, left in curve] for curve in answers["stays"]])
    bills = answers["value"] / (costs.MARGIN * held["monthly"].to_numpy())
    assert bills == pytest.approx(curves[:, 1:].sum(axis=1) / curves[:, 1], rel=0.01) and bills.max() <= 12
    assert answers["probability"] == pytest.approx(1 - curves[:, 1], abs=1e-6)


def test_curve_ends_where_everybody_is_called_and_calls_earn_more(held, answers):
    """The bills of those who are kept are counted by customers' lives, not by the model that is judged."""
    earned = profits.earned(held)
    curve = profits.curve(np.asarray(answers["profit"]), earned)
    assert curve[0] == 0 and curve[-1] == pytest.approx(earned.mean()) and curve[-1] < -3
    assert curve[int((answers["decision"] == "call").sum())] > 0.2


def test_list_has_whom_a_call_is_worth_the_most_profitable_first(served, held, answers):
    table = profits.listed(served, held)
    assert set(table[CUSTOMER]) == set(held.loc[answers["profit"] >= 0.005, CUSTOMER])
    assert table["profit"].is_monotonic_decreasing and (table["likelier to leave because of"] != "").mean() > 0.99


def test_what_is_asked_stands_in_the_place_of_what_is_known(served, held):
    rows = held.head(40)
    asked = served.predict_columns(rows.assign(if_contract="one year", if_monthly=30.0))
    known = served.predict_columns(rows.assign(contract="one year", monthly=30.0))
    nothing = served.predict_columns(rows.assign(if_contract=None, if_monthly=np.nan))
    assert asked["probability"].tolist() == known["probability"].tolist() and asked["reasons"] == known["reasons"]
    assert nothing["probability"].tolist() == served.predict_columns(rows)["probability"].tolist()


def test_explanation_has_the_values_that_were_asked_for(served, held):
    rows = held.head(4).assign(
        if_contract=["one year", None, "two years", None], if_monthly=[np.nan, 30.0, 40.0, np.nan]
    )
    explanation = served.explain_columns(rows)
    known = rows["contract"].tolist()
    assert list(explanation.features["contract"]) == ["one year", known[1], "two years", known[3]]
    assert list(explanation.features["monthly"]) == [rows["monthly"].iloc[0], 30.0, 40.0, rows["monthly"].iloc[3]]
    for row, reasons in enumerate(served.predict_columns(rows)["reasons"]):
        for reason in reasons:
            value = explanation.features.get(reason["field"], rows[reason["field"]].tolist())[row]
            assert reason["value"] == (value if isinstance(value, str) else f"{value:g}")


def test_unknown_customer_is_refused_by_number(served, held):
    rows = held.head(3).copy()
    rows.loc[1, [CUSTOMER, "monthly"]] = ["0000-AAAAA", np.nan]
    with pytest.raises(InvalidRow, match="no customer 0000-AAAAA"):
        served.predict_columns(rows)


def test_one_row_as_the_endpoint_asks(served, held, answers):
    row = {name: [held.iloc[0].get(name)] for name in served.inputs}
    assert served.predict_columns(row)["probability"] == pytest.approx(answers["probability"][:1])


def test_numbers_beyond_what_was_learned_from_are_named(served, held):
    rows = held.head(3).assign(if_monthly=[None, 119.9, 30.0])
    assert served.predict_columns(rows)["unusual"] == [[], ["monthly"], []]


def test_unknown_score_is_named(parts):
    with pytest.raises(Exception, match="There are: splines, boosting"):
        task.train(parts[0], score="luck")
