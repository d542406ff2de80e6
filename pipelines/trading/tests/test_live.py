"""A quarter through what the endpoint is made of: its schema, its way with an event, and the model that answers."""

from typing import Any

import pytest

from capstan.errors import CapstanError
from data_sets.djia import TICKERS
from models.backtest.broker import Broker
from models.backtest.engine import Engine, events, run
from models.backtest.market import Market
from pipelines.trading import days, task
from pipelines.trading.indicators import PAST, indicators
from pipelines.trading.live import Endpoint, follow, shown
from pipelines.trading.model import TradingModel
from pipelines.trading.variants import CHOSEN

NAME, FIRST = "minimum variance", "2017-01-01"


class Server:
    """Answers as the endpoint of a champion does, without the server and the store. market: what it knows."""

    def __init__(self, market: Market):
        closes = market.closes.iloc[-PAST:]
        self.model = TradingModel(NAME, CHOSEN[NAME])
        self.known = {days.DAYS: closes.index.strftime("%Y-%m-%d").to_list(), days.CLOSES: closes.to_numpy().ravel()}
        self.known |= indicators(closes.to_numpy())

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a request."""
        if path.endswith(":event"):
            self.known = task.apply(self.model, task.Event(**body), self.known)
            return {}
        rows = [task.Request(**row).model_dump() | self.known for row in body["instances"]]
        answers = self.model.predict_columns({name: [row[name] for row in rows] for name in self.model.inputs})
        return {"predictions": [{name: values[0] for name, values in answers.items()}]}


@pytest.fixture
def quarter(market) -> Market:
    return market.until("2017-03-31").since("2015-06-01")


def test_the_orders_of_the_endpoint_are_those_of_the_backtest(quarter, tmp_path):
    backtest = run(Engine(CHOSEN[NAME], TICKERS, name="paper"), events(quarter), since=FIRST)
    server, path = Server(quarter.until("2016-12-28")), tmp_path / "paper.db"
    for until in ("2017-02-01", "2017-03-31"):  # the second trader begins again, in the middle of the quarter
        broker = Broker(path)
        follow(broker, Endpoint(send=server.send), events(quarter.until(until)), FIRST)
        broker.close()
    broker = Broker(path)
    assert broker.fills() == backtest.fills and len(backtest.fills) > 50
    assert list(broker.equity().values()) == backtest.equity.tolist()
    assert f"{backtest.equity[-1] / 100:,.2f} dollars" in shown(broker) and "STOPPED" not in shown(broker)
    broker.stop("enough")
    assert "STOPPED: enough" in shown(broker)
    broker.close()


def test_an_endpoint_that_knows_more_than_the_account_is_refused(quarter, tmp_path):
    server = Server(quarter)
    with pytest.raises(CapstanError, match="knows prices until 2017-03-31, and 2017-01-03 is not decided"):
        follow(Broker(tmp_path / "paper.db"), Endpoint(send=server.send), events(quarter), FIRST)


def test_a_refused_order_is_told(quarter, tmp_path, capsys):
    broker = Broker(tmp_path / "paper.db")
    broker.stop("enough")
    follow(broker, Endpoint(send=Server(quarter.until("2016-12-28")).send), events(quarter.until("2017-01-04")), FIRST)
    assert "Refused paper:2017-01-03:AAPL: the account is stopped: enough." in capsys.readouterr().out
    assert len(broker.refusals()) > 10 and broker.fills() == [] and shown(broker).count("STOPPED") == 1
    broker.close()
