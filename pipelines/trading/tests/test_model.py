"""What is served: weights, orders, risk, prices as events, and what is refused."""

import numpy as np
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError, InvalidRow
from data_sets.djia import TICKERS
from models.backtest import engine
from models.backtest.engine import Engine
from models.backtest.orders import Account
from pipelines.trading import days, task
from pipelines.trading.days import CLOSES, DAYS, NEXT
from pipelines.trading.indicators import INDICATORS
from pipelines.trading.schema import EXAMPLE, Event, Prediction, Request
from pipelines.trading.variants import CHOSEN

FEATURES = (DAYS, CLOSES, *INDICATORS)


@pytest.fixture(scope="module")
def known(parts):
    """What the feature store has at the end."""
    row = parts[1]["weeks"].iloc[-1]
    return {name: row[name] for name in FEATURES}


def asked(model, known, **fields):
    """Return the answer to a request, checked against the schema."""
    request = Request(**EXAMPLE | fields).model_dump()
    columns = model.predict_columns({name: [(request | known)[name]] for name in model.inputs})
    return Prediction(**{name: value[0] for name, value in columns.items()})


def closes_of(known) -> dict[str, float]:
    return dict(zip(TICKERS, days.past(known).closes[-1].tolist(), strict=True))


def test_orders_lead_to_the_target(model, known):
    answer, prices = asked(model, known), closes_of(known)
    account = Account(round(100 * EXAMPLE["cash"]), {"AAPL": 120, "JNJ": 200, "XOM": 150})
    for order in answer.orders:
        account.shares[order.ticker] = account.shares.get(order.ticker, 0) + order.shares
    reached = {name: account.shares[name] * prices[name] / answer.equity for name in TICKERS}
    assert all(0 <= 1 / 31 - part < prices[name] / answer.equity for name, part in reached.items())
    assert answer.decided and answer.weights["KO"] == pytest.approx(1 / 31, abs=1e-4)
    assert {order.ticker for order in answer.orders if order.shares < 0} == {"AAPL", "JNJ", "XOM"}


def test_same_question_has_the_same_answer_and_ids(model, known):
    first, second = asked(model, known), asked(model, known)
    assert first == second and {order.id for order in first.orders} == {f"demo:{first.day}:{name}" for name in TICKERS}
    assert asked(model, known, account="other").orders[0].id != first.orders[0].id


def test_risk_is_that_of_the_weights(model, known):
    answer, cash = asked(model, known), asked(model, known, keep_cash=0.5)
    assert cash.volatility == pytest.approx(answer.volatility / 2, rel=0.02)
    assert 0 < answer.value_at_risk < answer.expected_shortfall < 0.05 * answer.equity
    day, value, low, high = np.array(answer.value).T
    assert day[0] == -252 and day[-1] == 21 and (low <= value).all() and (value <= high).all()
    assert value[day == 0] == answer.equity and high[-1] > low[-1]
    assert not answer.warnings and "cash that is kept" in cash.warnings[0]


def test_what_is_dear_or_beyond_the_tests_is_said(model, known):
    [small] = asked(model, known, cash=5_000, holdings=[]).warnings
    assert "cost 0.5% of the equity" in small
    assert "more than 10,000,000 dollars" in asked(model, known, cash=20_000_000).warnings[0]


def test_reasons_have_the_nature_of_the_stock(model, known):
    closes = days.past(known).closes
    daily, place = np.diff(np.log(closes), axis=0), TICKERS.index("KO")
    alike = np.corrcoef(daily[:, place], np.delete(daily, place, axis=1).mean(axis=1))[0, 1]
    [reason] = [order.reason for order in asked(model, known).orders if order.ticker == "KO"]
    assert reason == (
        f"0.0% to 3.2% of the equity (equal weights); volatility {daily[:, place].std() * np.sqrt(252):.0%} a year, "
        f"correlation {alike:.2f}"
    )


def test_stocks_that_are_left_out_are_sold_and_not_bought(model, known):
    answer = asked(model, known, exclude=["AAPL", "KO"])
    assert not {"AAPL", "KO"} & set(answer.weights) and sum(answer.weights.values()) == pytest.approx(1, abs=1e-3)
    assert {order.ticker: order.shares for order in answer.orders}["AAPL"] == -120


def test_monthly_orders_are_those_of_the_first_day_of_a_month_alone(model, known):
    assert not asked(model, known, when="monthly").decided and not asked(model, known, when="monthly").orders
    first = days.pushed(Event(day="2018-01-02", closes=closes_of(known)), known)
    assert asked(model, known | first, when="monthly").decided


def test_pushed_prices_make_the_features_that_the_pipeline_would(prices, known):
    """A week of events on an earlier row is the row of the week after."""
    rows = days.rows(prices[prices["date"] >= "2015-06-01"])
    whole = days.by_day(prices).closes
    earlier, later = (rows.iloc[index].to_dict() for index in (-3, -2))
    for day in [day for day in later[DAYS] if day > earlier[DAYS][-1]]:
        earlier |= days.pushed(Event(day=day, closes=whole.loc[day].to_dict()), earlier)
    assert list(earlier[DAYS]) == list(later[DAYS])
    for name in (CLOSES, *INDICATORS):
        assert np.allclose(earlier[name], later[name], rtol=0, atol=1e-12)


def test_answers_are_the_trades_of_the_backtest(model, market):
    """Day after day, events and answers on one side, the engine on the other: the same fills and the same cents."""
    some = market.until("2016-03-15")
    days_of = list(engine.events(some))
    account = Engine(model.rule, TICKERS, name="demo")
    served = Account(account.account.cash)
    told: dict = {}
    row = days.rows(days_of_rows(some.until("2015-12-31"))).iloc[-1].to_dict()
    waiting: dict = {}
    for event in days_of:
        late = event.day > row[DAYS][-1]
        filled, worth = account.on(event, decide=late)
        if not late:
            continue
        prices = dict(zip(TICKERS, engine.cents(event.closes).tolist(), strict=True))
        volumes = dict(zip(TICKERS, event.volumes.astype(int).tolist(), strict=True))
        own, waiting = engine.fill_day(waiting, event.day, prices, volumes, served, account.costs, account.limits)
        for fill in own:
            served.book(fill)
        row |= days.pushed(Event(day=event.day, closes=closes_by(event)), row)
        answer = asked(
            model,
            {name: row[name] for name in FEATURES},
            cash=served.cash / 100,
            holdings=[f"{name} {count}" for name, count in served.shares.items()],
            day=event.day,
            when="monthly",
        )
        if answer.decided:
            waiting = {
                order.ticker: engine.order("demo", answer.day, order.ticker, order.shares) for order in answer.orders
            }
        told[event.day] = own
        assert own == filled and served.equity(prices) == worth
    assert sum(map(len, told.values())) > 60


def closes_by(event) -> dict[str, float]:
    return dict(zip(TICKERS, event.closes.tolist(), strict=True))


def days_of_rows(some):
    return some.closes.stack().rename("close").reset_index().assign(volume=1)


def test_features_know_nothing_of_later_days(prices, parts):
    """Prices from 2016 on that are another change no row before."""
    recent = prices[prices["date"] >= "2014-01-01"].copy()
    rows = days.rows(recent)
    recent.loc[recent["date"] >= "2016-01-01", "close"] *= 2
    early = rows["event_timestamp"] < "2016-01-01"
    changed = days.rows(recent)
    assert early.any() and all(
        np.array_equal(np.stack(rows.loc[early, name]), np.stack(changed.loc[early, name]))
        for name in (CLOSES, *INDICATORS)
    )
    past, test = parts
    assert past["weeks"]["label_known_at"].max() < test["weeks"]["event_timestamp"].min()
    assert np.isfinite(np.stack(past["weeks"][NEXT])).all()


def test_ranker_learns_from_joined_features_what_it_learns_from_prices(parts):
    learned = task.train(parts[0], strategy="ridge ranker").rule
    told = CHOSEN["ridge ranker"].fit(days.by_day(parts[0]["prices"]))
    assert np.allclose(learned.learned, told.learned)


def test_day_without_prices_and_empty_account_are_refused(model, known):
    with pytest.raises(InvalidRow, match="those of 2018-01-02 are not known: send them first"):
        asked(model, known, day="2018-01-02")
    with pytest.raises(InvalidRow, match="those of 2016-01-04 are past"):
        asked(model, known, day="2016-01-04")
    with pytest.raises(InvalidRow, match="neither cash nor holdings"):
        asked(model, known, cash=0, holdings=[])
    with pytest.raises(InvalidRow, match="nothing is known of the market"):
        asked(model, known | {DAYS: None})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cash": -1}, "greater than or equal to 0"),
        ({"cash": 1e9}, "less than or equal to"),
        ({"cash": "much"}, "valid number"),
        ({"account": "two words"}, "match pattern"),
        ({"holdings": ["TSLA 10"]}, "'TSLA' is none of the stocks"),
        ({"holdings": ["AAPL"]}, "AAPL needs whole shares"),
        ({"holdings": ["AAPL 1.5"]}, "AAPL needs whole shares"),
        ({"holdings": ["AAPL -3"]}, "AAPL needs whole shares"),
        ({"holdings": ["AAPL 0"]}, "AAPL needs whole shares"),
        ({"holdings": ["AAPL 1", "AAPL 2"]}, "AAPL is there twice"),
        ({"holdings": ["AAPL 1"] * 32}, "at most 31"),
        ({"day": "yesterday"}, "expected a date"),
        ({"day": "2017-02-30"}, "expected a date"),
        ({"when": "hourly"}, "'now' or 'monthly'"),
        ({"keep_cash": 1.0}, "less than or equal to 0.95"),
        ({"exclude": ["TSLA"]}, "Input should be 'AABA'"),
        ({"market": "NYSE"}, "Input should be 'DJIA'"),
        ({"margin": 2}, "not permitted"),
    ],
)
def test_bad_request_is_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        Request(**EXAMPLE | fields)


def test_event_that_cannot_be_is_refused(known):
    prices = closes_of(known)
    with pytest.raises(InvalidRow, match="prices of 2017-12-29 are known already"):
        days.pushed(Event(day="2017-12-29", closes=prices), known)
    with pytest.raises(InvalidRow, match="adjust it for a split"):
        days.pushed(Event(day="2018-01-02", closes=prices | {"AAPL": prices["AAPL"] / 7}), known)
    with pytest.raises(InvalidRow, match="has no history"):
        days.pushed(Event(day="2018-01-02", closes=prices), {DAYS: None})
    for wrong, message in [
        ({"day": "2018-01-06"}, "is no weekday"),
        ({"day": "9998-01-01"}, "has not come yet: today is"),
        ({"closes": {"AAPL": 1.0}}, "at least 16"),
        ({"closes": prices | {"AAPL": 0}}, "greater than or equal to 0.01"),
        ({"closes": prices | {"TSLA": 300}}, "Input should be 'AABA'"),
    ]:
        with pytest.raises(ValidationError, match=message):
            Event(**{"day": "2018-01-02", "closes": prices} | wrong)


def test_a_week_of_events_cannot_multiply_prices(known):
    for day, grows in (("2018-01-02", 1.5), ("2018-01-03", 1.06), ("2018-01-04", 1.0)):
        prices = closes_of(known)
        known = known | days.pushed(Event(day=day, closes=prices | {"AAPL": grows * prices["AAPL"]}), known)
    prices = closes_of(known)
    with pytest.raises(InvalidRow, match="far from a close of the last week"):
        days.pushed(Event(day="2018-01-05", closes=prices | {"AAPL": 1.06 * prices["AAPL"]}), known)


def test_stock_without_a_price_keeps_its_last(known):
    some = {name: price for name, price in closes_of(known).items() if name != "KO"}
    after = days.past(days.pushed(Event(day="2018-01-02", closes=some), known))
    assert after.closes[-1, TICKERS.index("KO")] == after.closes[-2, TICKERS.index("KO")] and len(after.days) == 253


def test_strategy_that_is_not_there_is_refused(parts):
    with pytest.raises(CapstanError, match="There is no strategy 'astrology'"):
        task.train(parts[0], strategy="astrology")


def test_part_without_days_is_refused(parts):
    with pytest.raises(CapstanError, match="A part is empty"):
        task.split({"training_set": parts[1]["weeks"], "prices": parts[1]["prices"]}, "2030-01-01")
