"""The segments that are served: described in words, with votes and an outlook; judged; and bad input."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError, InvalidRow
from pipelines.segmentation import report, task, words
from pipelines.segmentation.columns import DAY, LATER, TEST
from pipelines.segmentation.schema import COUNTRIES


@pytest.fixture(scope="module")
def today(parts) -> pd.DataFrame:
    """The customers of the last day."""
    rows = parts[1]["customers"]
    return rows[rows[DAY] == LATER].reset_index(drop=True)


@pytest.mark.rotating  # refits, rivals and a map: 8 s
@pytest.mark.slow
def test_report_judges_the_segments_beside_a_score_and_data_without_structure(model, parts):
    rows = parts[1]["customers"]
    evaluation = task.evaluate(model, {"customers": rows[rows["customer"] % 3 == 0]})
    for name, bound in task.THRESHOLDS.items():
        assert bound.holds(evaluation.metrics[name]), (name, evaluation.metrics[name])
    judged = {section.title: section.content for section in evaluation.sections}
    assert len(judged["The segments"]) == evaluation.metrics["segments"]
    for name, baseline in evaluation.baselines.items():
        worst = evaluation.metrics["usefulness"] + (task.THRESHOLDS["usefulness"].slack if name == report.CLOUD else 0)
        assert baseline["usefulness"].mean() < worst, name
    for row in judged["The segments"].to_dict("records"):
        assert row["who belongs to it"] == model.rules[row["segment"]]


def test_a_customer_who_is_gone_a_quarter_later_has_not_stayed(model, parts):
    now, later = report.days(parts[1]["customers"])
    everybody = report.by_customer(model.division, model.outlook, now, later)
    half = report.by_customer(model.division, model.outlook, now, later[later["customer"] % 2 == 0])
    assert half["staying"].mean() < everybody["staying"].mean() - 0.1
    assert half["usefulness"].mean() == everybody["usefulness"].mean()


def test_outcomes_of_the_test_change_nothing_that_is_learned(model, parts, features):
    """A leak that is planted: what customers bought after the border is in no segment and in no outlook."""
    rows = features["training_set"]
    planted = rows.assign(buys=rows["buys"].where(rows[DAY] < TEST, 1.0))
    again = task.train(task.split({"training_set": planted})[0])
    np.testing.assert_array_equal(again.outlook.means, model.outlook.means)
    assert again.rules == model.rules


def test_outcomes_that_are_known_on_the_day_to_choose_are_those_before_the_test(parts):
    past = parts[0]["customers"]
    assert past["buys"].notna().all()
    assert pd.Timestamp(past[DAY].max()) + pd.Timedelta(days=91) <= pd.Timestamp(TEST)


def test_segments_are_named_by_money_and_described(model, parts):
    rows = parts[0]["customers"].assign(segment=model.predict_columns(parts[0]["customers"])["segment"])
    money = rows.groupby("segment")["money"].median()
    assert money.is_monotonic_decreasing and list(money.index) == sorted(model.names)
    assert "for much" in model.words["A"] and "large orders" in model.words["A"]
    assert len(set(model.words.values())) == len(model.names)


def test_votes_are_shares_and_their_majority_is_the_segment(model, today):
    answers = model.predict_columns(today)
    votes = [list(row.values()) for row in answers["votes"]]
    np.testing.assert_allclose(np.sum(votes, axis=1), 1)
    agree = [
        max(row, key=row.get) == segment for row, segment in zip(answers["votes"], answers["segment"], strict=True)
    ]
    assert np.mean(agree) > 0.8


def test_outlook_is_what_customers_of_the_segment_did(model, parts):
    rows = parts[0]["customers"]
    answers = model.predict_columns(rows)
    bought = rows["buys"].groupby(np.array(answers["segment"])).mean()
    np.testing.assert_allclose(answers["buys"], bought.loc[answers["segment"]])


def test_money_is_compared_within_the_country(model, today):
    row = today.iloc[:1].assign(money=2100.0)
    countries = ["Germany", "United Kingdom", "Bermuda"]
    both = pd.concat([row.assign(country=country) for country in countries])
    german, british, everyone = model.predict_columns(both)["spends_more_than"]
    sums = model.spending["Germany"]
    assert german == (sums < 2100).mean() and german != british
    assert everyone == (model.spending[""] < 2100).mean()  # of Bermuda there are too few


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "greater than or equal to 1"),
        (2**60, "less than or equal to"),
        (12.5, "valid integer"),
        ("Smith", "valid integer"),
        (None, "valid integer"),
    ],
)
def test_request_out_of_range_names_the_field_and_what_is_wrong(value, said):
    task.Request(customer=12474)
    with pytest.raises(ValidationError) as error:
        task.Request(customer=value)
    [problem] = error.value.errors()
    assert problem["loc"] == ("customer",) and said in problem["msg"]


@pytest.mark.parametrize(
    ("frequency", "said"), [(None, "There is no customer 4711"), (0.0, "Customer 4711 has lapsed: nothing was bought")]
)
def test_customer_of_whom_nothing_is_known_is_named(frequency, said, model, today):
    rows = today.iloc[:2].astype(object).to_dict("list")
    rows["customer"][1], rows["frequency"][1] = 4711, frequency
    with pytest.raises(InvalidRow, match=f"row 1, customer: {said}"):
        model.predict_columns(rows)


def test_countries_are_those_of_the_data(parts):
    assert {country for part in parts for country in part["customers"]["country"]} <= set(COUNTRIES)


@pytest.mark.parametrize("segments", [1, 27])
def test_number_of_segments_out_of_range_is_refused(segments, parts):
    with pytest.raises(CapstanError, match=f"cannot be {segments} segments. Ask for 2 to 26"):
        task.train(parts[0], segments=segments)


def test_rules_say_who_belongs_to_a_segment(model, parts):
    """Each customer keeps the rule of its own segment, and no other."""
    rows = parts[1]["customers"].head(500)
    labels = model.division.predict(rows)
    for place, rule in enumerate(model.division.rules()):
        kept = [(rows[name] > low) & (rows[name] <= high) for name, (low, high) in rule.items()]
        np.testing.assert_array_equal(np.logical_and.reduce(kept), labels == place)
    assert words.rule({"money": (1370.05, np.inf), "order_value": (90.5, 210.2)}) == (
        "money over £1,370; average order over £90 and up to £210"
    )
    assert words.rule({}) == "everybody"


def test_examples_are_of_customers_who_have_not_lapsed_since(parts, today):
    asked = [row["customer"] for row in task.examples(parts[0])]
    assert len(asked) == 3 and set(asked) <= set(today["customer"])
