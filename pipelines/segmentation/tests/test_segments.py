"""The segments that are served: stable on a later day, described in words, with votes; and bad input."""

import numpy as np
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError
from pipelines.segmentation import task
from pipelines.segmentation.columns import INPUTS
from pipelines.segmentation.schema import COUNTRIES

GOOD = {"recency": 18, "frequency": 6, "money": 2100, "country": "United Kingdom"}


@pytest.mark.rotating  # UMAP compiles for 15 s
@pytest.mark.slow
def test_segments_of_a_later_day_pass_the_gate(model, parts):
    rows = parts[1]["customers"]
    evaluation = task.evaluate(model, {"customers": rows[rows["customer"] % 3 == 0]})
    for name, bound in task.THRESHOLDS.items():
        assert bound.holds(evaluation.metrics[name]), (name, evaluation.metrics[name])
    assert 4 <= evaluation.metrics["segments"] <= 8
    titles = [section.title for section in evaluation.sections]
    assert titles[0] == "The segments" and len(evaluation.sections[0].content) == evaluation.metrics["segments"]


def test_segments_are_named_by_money_and_described(model, parts):
    rows = parts[0]["customers"].assign(segment=model.predict_columns(parts[0]["customers"])["segment"])
    money = rows.groupby("segment")["money"].median()
    assert money.is_monotonic_decreasing and list(money.index) == sorted(model.names)
    assert "often" in model.words["A"] and "much" in model.words["A"]
    assert len(set(model.words.values())) == len(model.names)


def test_votes_are_shares_and_their_majority_is_the_segment(model, parts):
    answers = model.predict_columns(parts[1]["customers"])
    votes = [list(row.values()) for row in answers["votes"]]
    np.testing.assert_allclose(np.sum(votes, axis=1), 1)
    agree = [
        max(row, key=row.get) == segment for row, segment in zip(answers["votes"], answers["segment"], strict=True)
    ]
    assert np.mean(agree) > 0.9


def test_money_is_compared_within_the_country(model):
    both = {name: [GOOD[name]] * 3 for name in INPUTS} | {"country": ["Germany", "United Kingdom", "Bermuda"]}
    german, british, everyone = model.predict_columns(both)["spends_more_than"]
    sums = model.spending["Germany"]
    assert german == (sums < 2100).mean() and german != british
    assert everyone == (model.spending[""] < 2100).mean()  # of Bermuda there are too few


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("country", "Grmany", "no customer is from 'Grmany'. Did you mean 'Germany'?"),
        ("country", "Narnia", "no customer is from 'Narnia'."),
        ("country", None, "valid string"),
        ("recency", 366, "less than or equal to 365"),
        ("recency", -1, "greater than or equal to 0"),
        ("frequency", 0, "greater than or equal to 1"),
        ("money", float("nan"), "finite number"),
        ("money", "much", "valid number"),
    ],
)
def test_request_out_of_range_names_the_field_and_what_is_wrong(field, value, said):
    task.Request(**GOOD)
    with pytest.raises(ValidationError) as error:
        task.Request(**GOOD | {field: value})
    [problem] = error.value.errors()
    assert problem["loc"] == (field,) and said in problem["msg"]


def test_countries_are_those_of_the_data(parts):
    assert {country for part in parts for country in part["customers"]["country"]} <= set(COUNTRIES)


def test_unknown_method_is_named_with_those_there_are(parts):
    with pytest.raises(CapstanError, match=r"There is no method 'kmeans'\. There are: k-means, Gaussian mixture"):
        task.train(parts[0], methods="kmeans")
