"""The paper broker: each limit, what is sent twice, the stop, and a year that is the backtest's."""

import subprocess
import sys

import pytest

from capstan.errors import CapstanError
from data_sets.djia import TICKERS
from models.backtest.broker import Broker
from models.backtest.engine import Engine, events, run
from models.backtest.guards import Guards
from models.backtest.orders import NO_COSTS, Fill, Order, order
from pipelines.trading.live import InProcess, follow
from pipelines.trading.variants import CHOSEN

PRICES, VOLUMES = {"KO": 4_000, "XOM": 8_000}, {"KO": 10_000_000, "XOM": 10_000_000}
FIRST, SECOND, THIRD = "2017-01-03", "2017-01-04", "2017-01-05"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "paper.db"


@pytest.fixture
def broker(path):
    account = Broker(path, 1_000_000, costs=NO_COSTS)
    account.on_close(FIRST, PRICES, VOLUMES)
    yield account
    account.close()


def test_an_order_is_filled_at_the_next_close_and_survives_on_the_disk(broker, path):
    buy = order("paper", FIRST, "KO", 100)
    assert broker.submit(FIRST, [buy]) == [] and broker.fills() == []
    fills = broker.on_close(SECOND, PRICES | {"KO": 4_100}, VOLUMES)
    assert fills == [Fill(buy.id, SECOND, "KO", 100, 4_100, 0)]
    again = Broker(path, cash=5)  # the money of a known account is its own
    assert again.account() == broker.account() and again.account().cash == 1_000_000 - 410_000
    assert again.equity() == {FIRST: 1_000_000, SECOND: 1_000_000} and again.open_orders() == []
    again.close()


def test_an_order_sent_again_is_the_same_order(broker):
    buy = order("paper", FIRST, "KO", 100)
    for _ in range(3):
        assert broker.submit(FIRST, [buy]) == []
    assert broker.open_orders() == [buy]
    ((refused, reason),) = broker.submit(FIRST, [buy._replace(shares=200)])
    assert (refused.shares, reason) == (200, "another order has this id")
    for _ in range(2):
        assert len(broker.on_close(SECOND, PRICES, VOLUMES)) == 1
    assert broker.submit(FIRST, [buy]) == [] and broker.open_orders() == []  # it is filled, and comes late
    assert broker.account().shares == {"KO": 100} and len(broker.fills()) == 1


def test_a_close_comes_once_and_in_order(broker):
    broker.on_close(SECOND, PRICES, VOLUMES)
    for day, prices in ((FIRST, PRICES), (SECOND, PRICES | {"KO": 1})):
        with pytest.raises(CapstanError, match="comes too late"):
            broker.on_close(day, prices, VOLUMES)
    assert list(broker.equity()) == [FIRST, SECOND]


def test_new_orders_take_the_place_of_open_ones(broker):
    little = VOLUMES | {"KO": 5_000}  # a hundredth of which can be bought
    broker.submit(FIRST, [order("paper", FIRST, "KO", 80)])
    assert broker.on_close(SECOND, PRICES, little)[0].shares == 50
    assert broker.open_orders() == [order("paper", FIRST, "KO", 80)._replace(shares=30)]
    broker.submit(SECOND, [])
    assert broker.open_orders() == [] and broker.on_close(THIRD, PRICES, VOLUMES) == []


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (order("paper", FIRST, "KO", 151), "KO would be 6,040.00 dollars, more than 60 % of the equity"),
        (order("paper", FIRST, "KO", -151), "more than 60 %"),
        (order("paper", FIRST, "XOM", 0), "no shares"),
        (order("paper", FIRST, "AAPL", 1), "AAPL has no price"),
        (order("paper", "2016-12-30", "KO", 1), "the last close is that of 2017-01-03"),
        (order("paper", SECOND, "KO", 1), "the last close is that of 2017-01-03"),
    ],
)
def test_a_refusal_is_recorded_with_its_reason(broker, path, sent, reason):
    for _ in range(2):
        ((refused, why),) = broker.submit(FIRST, [sent])
        assert refused == sent and reason in why
    reopened = Broker(path)
    assert reopened.refusals() == broker.refusals() == [(sent, why)]
    assert broker.open_orders() == []
    reopened.close()


def test_a_position_that_grew_beyond_the_limit_may_shrink(broker):
    broker.submit(FIRST, [order("paper", FIRST, "KO", 150)])
    broker.on_close(SECOND, PRICES | {"KO": 8_000}, VOLUMES)
    broker.on_close(THIRD, PRICES | {"KO": 20_000}, VOLUMES)
    assert broker.submit(THIRD, [order("paper", THIRD, "KO", -1)]) == []


def test_too_many_orders_of_a_day_are_refused(path):
    broker = Broker(path, guards=Guards(orders=2))
    closes = dict.fromkeys(TICKERS, 5_000)
    broker.on_close(FIRST, closes, dict.fromkeys(TICKERS, 10**6))
    refused = broker.submit(FIRST, [order("paper", FIRST, ticker, 1) for ticker in TICKERS[:4]])
    assert [refusal.order.ticker for refusal in refused] == TICKERS[2:4]
    assert {refusal.reason for refusal in refused} == {"more than 2 orders on one day"}
    ((_, reason),) = broker.submit(FIRST, [Order("another", FIRST, TICKERS[0], 1)])
    assert reason == f"{TICKERS[0]} has an open order"
    broker.close()


def test_a_loss_stops_the_account_until_a_person_resumes_it(broker, path):
    broker.submit(FIRST, [order("paper", FIRST, "KO", 150)])
    broker.on_close(SECOND, PRICES, VOLUMES)
    broker.submit(SECOND, [order("paper", SECOND, "XOM", 10)])
    broker.on_close(THIRD, PRICES | {"KO": 3_000}, VOLUMES)
    assert broker.stopped() == "it lost 15.0% in one day, and 10 % stop it"
    sell = order("paper", THIRD, "KO", -150)
    reopened = Broker(path)
    ((_, reason),) = reopened.submit(THIRD, [sell])
    assert reason == f"the account is stopped: {broker.stopped()}"
    reopened.resume()
    assert reopened.submit(THIRD, [sell]) == [] and broker.stopped() == ""
    reopened.close()


def test_the_kill_switch_cancels_what_is_open_and_keeps_its_first_reason(broker):
    broker.submit(FIRST, [order("paper", FIRST, "KO", 10)])
    broker.stop("the prices look wrong")
    broker.stop("again")
    assert broker.stopped() == "the prices look wrong" and broker.open_orders() == []
    assert broker.on_close(SECOND, PRICES, VOLUMES) == []


def test_a_close_without_a_price_of_what_is_held_or_ordered_is_refused(broker):
    broker.submit(FIRST, [order("paper", FIRST, "KO", 10)])
    for prices, volumes in (({"XOM": 8_000}, VOLUMES), (PRICES | {"KO": 0}, VOLUMES), (PRICES, {"XOM": 1})):
        with pytest.raises(CapstanError, match="needs a price above 0 and a volume of KO"):
            broker.on_close(SECOND, prices, volumes)
    assert len(broker.on_close(SECOND, PRICES, VOLUMES)) == 1


def test_another_file_is_refused_and_a_missing_account_is_not_made_to_be_stopped(path):
    path.write_text("no database, but a text that is longer than the head of one" * 20)
    with pytest.raises(CapstanError, match="cannot be read as an account"):
        Broker(path)
    missing = path.with_name("typo.db")
    command = [sys.executable, "-m", "pipelines.trading.live", str(missing), "--stop", "now"]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 1 and "There is no account" in process.stderr and not missing.exists()


def test_limits_and_orders_before_the_first_close_are_refused(path):
    with pytest.raises(CapstanError, match="1 or more"):
        Guards(loss=0)
    with pytest.raises(CapstanError, match="send the close first"):
        Broker(path).submit(FIRST, [])


@pytest.mark.parametrize("name", ["pairs", "mean reversion"])  # pairs sell short
def test_a_year_of_the_broker_is_the_backtest(market, path, name):
    past = market.since("2015-06-01")
    backtest = run(Engine(CHOSEN[name], TICKERS, name="paper"), events(past), since="2017-01-01")
    broker = Broker(path)
    follow(broker, InProcess(CHOSEN[name]), events(past), "2017-01-01")
    assert broker.fills() == backtest.fills and len(backtest.fills) > 60
    assert any(fill.shares < 0 for fill in backtest.fills)
    assert list(broker.equity().values()) == backtest.equity.tolist()
    assert broker.refusals() == [] and not broker.stopped()
    broker.close()
