"""The years from 2012 on."""

from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from capstan.settings import settings
from data_sets import djia as data
from pipelines.trading import days
from pipelines.trading.schema import EXAMPLE
from tests.support.data import DATA_DIR

SETTINGS: dict[str, object] = {}
ASKED = EXAMPLE
REFUSED = (EXAMPLE | {"holdings": ["TSLA 10"]}, "holdings")
KNOWN_LATER = ["realized_volatility"]
ACTUALS = [7.5, 9.0, 8.2]


def write(folder: Path) -> None:
    """Write the days from 2012 on."""
    rows = pd.read_parquet(data.find(DATA_DIR))
    rows[rows["Date"] >= "2012-01-01"].to_parquet(folder / data.FILE)


def check(run: dict[str, Any], folder: Path) -> None:
    """Prices of a day that are sent move the next proposal; the same day twice is refused."""
    path = f"{settings().endpoint_url}/v1/models/trading"

    def asked(**fields: Any) -> dict[str, Any]:
        reply = httpx.post(f"{path}:predict", json={"instances": [ASKED | fields]}, timeout=60)
        answer: dict[str, Any] = reply.raise_for_status().json()["predictions"][0]
        return answer

    before = asked()
    closes = days.by_day(data.load(data.find(DATA_DIR))).closes.iloc[-1].to_dict()
    event = {"day": "2018-01-02", "closes": closes | {"AAPL": round(1.1 * closes["AAPL"], 2)}}
    httpx.post(f"{path}:event", json=event, timeout=60).raise_for_status()
    after = asked(day="2018-01-02", when="monthly")
    assert before["day"] == "2017-12-29" and after["day"] == "2018-01-02" and after["decided"]
    assert after["equity"] > before["equity"]
    assert {order["id"] for order in after["orders"]}.isdisjoint(order["id"] for order in before["orders"])
    again = httpx.post(f"{path}:event", json=event, timeout=60)
    assert again.status_code == 400 and "are known already" in again.json()["error"]
