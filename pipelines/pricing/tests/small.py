"""The stores of the lowest numbers."""

from pathlib import Path
from typing import Any

import httpx
import pandas as pd

from capstan.settings import settings
from data_sets import orange_juice
from pipelines.pricing.columns import BRANDS, STORE
from pipelines.pricing.schema import EXAMPLE
from tests.support.data import DATA_DIR

STORES = 30
SETTINGS: dict[str, object] = {}
ASKED = EXAMPLE | {"store": 2}
REFUSED = (EXAMPLE | {"store": 999}, "store")
KNOWN_LATER = ["earned_profit"]
ACTUALS = [700.0, 800.0, 650.0]


def write(folder: Path) -> None:
    """Write the weeks of the first stores."""
    rows = pd.read_parquet(orange_juice.find(DATA_DIR))
    kept = sorted(rows[STORE].unique())[:STORES]
    (folder / orange_juice.FILE).parent.mkdir(exist_ok=True)
    rows[rows[STORE].isin(kept)].to_parquet(folder / orange_juice.FILE)


def check(run: dict[str, Any], folder: Path) -> None:
    """An advertised price that a store has not asked in a year needs a person; once approved, it needs nobody."""
    path = f"{settings().endpoint_url}/v1/models/pricing"

    def asked(**fields: Any) -> dict[str, Any]:
        reply = httpx.post(f"{path}:predict", json={"instances": [ASKED | {"featured": []} | fields]}, timeout=60)
        answer: dict[str, Any] = reply.raise_for_status().json()["predictions"][0]
        return answer

    usual = asked(most_change=0.0)
    high = [round(proposal["now"] * 1.3, 2) for proposal in usual["proposals"]]
    first = asked(prices=high, featured=BRANDS)
    [*needed] = [proposal for proposal in first["proposals"] if proposal["approval"]]
    assert first["needs_approval"] and needed and not usual["needs_approval"]
    proposal = needed[0]
    event = {"store": 2, "brand": proposal["brand"], "price": proposal["proposed"]}
    httpx.post(f"{path}:event", json=event).raise_for_status()
    after = asked(prices=high, featured=BRANDS)
    assert [each["brand"] for each in after["proposals"] if each["approval"]] == [each["brand"] for each in needed[1:]]
    assert len(after["approvals"]) == 1 and "by unauthenticated" in after["approvals"][0]
    again = httpx.post(f"{path}:event", json=event)
    assert again.status_code == 400 and "needs no approval" in again.json()["error"]
