"""What is served: bids that add up, refusals in words, requests that are checked."""

import numpy as np
import pytest
from pydantic import ValidationError

from pipelines.bidding import task
from pipelines.bidding.schema import EXAMPLE


def answer(served, **given) -> dict:
    asked = task.Request(**(EXAMPLE | given)).model_dump()
    columns = served.predict_columns({name: [asked[name]] for name in served.inputs})
    return task.Prediction(**{name: column[0] for name, column in columns.items()}).model_dump()


def test_bid_for_the_usual_ctr_costs_what_is_left_for_each_auction(served):
    for money, left in ((1_969, 1_000), (9_000, 300), (400, 30)):
        prediction = answer(served, ctr=served.mean_ctr, budget_left=money, auctions_left=left)
        cost = served.costs[prediction["price"] - 1 : prediction["price"] + 1]
        assert cost[0] <= money / left <= cost[1] and prediction["decision"] == "bid" and prediction["unusual"] == []
        assert "this CTR is 1.00 times" in prediction["because"]


def test_bid_is_in_proportion_to_the_ctr(served):
    usual, twice = (answer(served, ctr=times * served.mean_ctr, budget_left=9_000)["price"] for times in (1, 2))
    assert twice == 2 * usual
    assert answer(served, ctr=served.mean_ctr, budget_left=9_000)["a_click_may_cost"] == usual / served.mean_ctr


def test_curve_is_what_an_auction_costs_as_prices_were(served, parts):
    prediction, counts = answer(served, budget_left=10_000), parts[0]["prices"]["count"].to_numpy()
    for bid, cost in prediction["costs"]:
        paid = np.arange(int(bid) + 1)
        assert cost == pytest.approx((counts[: len(paid)] * paid).sum() / counts.sum(), abs=1e-4)


def test_floor_is_kept_and_named(served):
    free = answer(served, ctr=0.005, budget_left=10_000)
    prediction = answer(served, ctr=0.005, budget_left=10_000, bidfloor=free["price"] - 5)
    assert prediction["price"] == free["price"] and prediction["unusual"] == ["a floor: the log has none"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budget_left": 0}, "the budget is spent"),
        ({"budget_left": 0.4}, "the budget is spent"),
        ({"bidfloor": 40}, "the floor is 40"),
        ({"ctr": 1e-6}, "0.00 times the usual one"),
    ],
)
def test_no_bid_says_why(served, given, said):
    prediction = answer(served, **given)
    assert said in prediction["because"] and prediction["decision"] == "no bid"
    assert prediction["price"] == prediction["a_click_may_cost"] == 0


def test_last_auction_takes_what_is_left(served):
    assert answer(served, budget_left=90, auctions_left=1)["price"] == 90
    rich = answer(served, budget_left=1e12, auctions_left=1)
    assert rich["price"] == served.highest
    assert "no market price above" in rich["because"] and "for 1 auction are" in rich["because"]


def test_what_was_not_tried_is_said(served):
    assert "CTR" in answer(served, ctr=0.9)["unusual"][0]
    assert "auctions left" in answer(served, auctions_left=10**9, budget_left=1e10)["unusual"][0]
    assert "a budget beyond" in answer(served, budget_left=1e9)["unusual"][0]
    assert "more money than" in answer(served, budget_left=1e9, auctions_left=999)["unusual"][0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ctr": "high"}, "valid number"),
        ({"ctr": 0}, "greater than 0"),
        ({"ctr": 1.2}, "less than or equal to 1"),
        ({"budget_left": -1}, "greater than or equal to 0"),
        ({"auctions_left": 0}, "greater than or equal to 1"),
        ({"auctions_left": 2.5}, "valid integer"),
        ({"bidfloor": 1e7}, "less than or equal to 1000000"),
        ({"id": ""}, "at least 1 character"),
        ({"id": "x" * 65}, "at most 64"),
        ({"imp": []}, "not permitted"),
        ({"budget_left": float("nan")}, "less than or equal to"),
    ],
)
def test_request_that_is_wrong_says_what_is_allowed(given, said):
    with pytest.raises(ValidationError) as error:
        task.Request(**(EXAMPLE | given))
    assert said in error.value.errors()[0]["msg"]


def test_prices_that_are_too_few_are_refused(parts):
    from capstan.errors import CapstanError

    prices = parts[0]["prices"]
    with pytest.raises(CapstanError, match="3 prices are known"):
        task.train(parts[0] | {"prices": prices.assign(count=(prices["price"] < 3).astype(float))})
