"""What a day fills, and what that costs."""

import pytest

from models.backtest.orders import NO_COSTS, Account, Costs, Limits, fill_day, order

PRICES, VOLUMES = {"A": 10_000, "B": 5_000}, {"A": 100_000, "B": 100_000}


def filled(account, costs=NO_COSTS, limits=Limits(), prices=PRICES, volumes=VOLUMES, **shares):
    """Return the shares that a day fills, and those that wait, by ticker."""
    orders = {ticker: order("me", "2017-01-03", ticker, count) for ticker, count in shares.items()}
    fills, rest = fill_day(orders, "2017-01-04", prices, volumes, account, costs, limits)
    for fill in fills:
        account.book(fill)
    return {trade.ticker: trade.shares for trade in fills}, {ticker: trade.shares for ticker, trade in rest.items()}


@pytest.mark.parametrize(
    ("shares", "price", "cost"),
    [(0, 10_000, 0), (10, 10_000, 100 + 20), (1_000, 10_000, 500 + 2_000), (-1_000, 10_000, 2_500), (1, 1, 101)],
)
def test_costs(shares, price, cost):
    """Half a cent a share and a dollar at least; two basis points of the value, rounded up."""
    assert Costs().of(shares, price) == cost


def test_order_that_is_too_large_for_a_day_waits_for_the_next():
    account = Account(10**9)
    assert filled(account, A=2_500, B=-10) == ({"A": 1_000, "B": -10}, {"A": 1_500})
    assert filled(account, A=1_500) == ({"A": 1_000}, {"A": 500})
    assert filled(account, A=500) == ({"A": 500}, {})


def test_sales_pay_for_purchases():
    account = Account(0, {"A": 100})
    assert filled(account, A=-100, B=200) == ({"A": -100, "B": 199}, {})  # a share less: the bound of the costs
    assert account.cash == 5_000 and account.shares == {"B": 199}


def test_purchases_that_cash_does_not_pay_for_are_cut_alike_and_cancelled():
    account = Account(1_000_000)
    bought, rest = filled(account, A=100, B=200)
    assert bought == {"A": 50 - 1, "B": 100 - 1} and rest == {}
    assert 0 <= account.cash < 20_000


def test_cash_of_a_short_sale_is_its_collateral():
    account = Account(1_000_000)
    assert filled(account, A=-50) == ({"A": -50}, {})
    assert account.cash == 1_500_000
    bought, _ = filled(account, B=400)
    assert 0 <= account.cash - 500_000 < 6_000 and bought["B"] == 199  # half a million stays for the short shares


def test_short_position_is_always_closed_even_where_it_took_all_cash():
    account = Account(100, {"A": -50})
    assert filled(account, A=50) == ({"A": 50}, {})
    assert account.shares == {} and account.cash < 0


def test_stock_without_volume_is_not_traded():
    assert filled(Account(10**9), volumes={"A": 0, "B": 0}, A=5, B=-5) == ({}, {"A": 5, "B": -5})


def test_same_account_day_and_stock_have_the_same_id():
    assert order("me", "2017-01-03", "A", 5).id == order("me", "2017-01-03", "A", 7).id != order("you", "x", "A", 5).id
