"""Pricing: which prices should this store's shelf have next week, and what is that worth?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import TRAINING_SET, Outcome
from capstan.contract.checks import Checks, Service
from capstan.errors import CapstanError
from data_sets import orange_juice
from pipelines.pricing import rules
from pipelines.pricing.columns import APPROVALS, FEATURED, MOST_CHANGE, NUMBER, PAST_WEEKS, PRICES, STORE, WEEK
from pipelines.pricing.schema import EXAMPLE, Event, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.pricing.model import PricingModel

__all__ = ["Event", "Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which prices should this store's shelf have next week, and what is that worth?"
FAMILIES = ("tables",)
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "pricing"
ENTITY_KEYS = [STORE]
PUSH_SOURCE = "approved_prices"
OUTCOME = Outcome("regression", target="earned_profit", prediction="profit")
CHECKS = Checks(service=Service(latency_seconds=0.2))
# The two quarters that chose the settings have 0.32 and 0.39, and 0.43 and 0.48 where the price moved (`tune`).
THRESHOLDS = {
    "mae": at_most(0.45, slack=0.0135),
    "mae_moved": at_most(0.55, slack=0.02),
    "band_off": at_most(0.1, slack=0.05),
    "came_true": at_least(0.5, slack=0.25),
    "elastic": at_least(0.95),
}
TEST_FROM = 135  # the last 26 weeks
Actual = float  # dollars that the shelf earned in the week, where the proposed prices were asked


def load(data_dir: Path | None) -> Tables:
    """Return `sales`, a row per store, week and brand."""
    return {"sales": orange_juice.sales(orange_juice.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the file of the sales."""
    return {orange_juice.FILE: orange_juice.find(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of rows, stores and weeks."""
    sales = tables["sales"]
    return {"rows": len(sales), "stores": sales[STORE].nunique(), "weeks": sales[WEEK].nunique()}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return a row per store and week: what was asked and sold."""
    from pipelines.pricing import shelves

    return shelves.to_sell(tables["sales"])


def feature_tables(tables: Tables) -> Tables:
    """Return the last nine weeks of each store, at the end of each week."""
    from pipelines.pricing import shelves

    return {"shelf": shelves.before(tables["sales"])}


def split(tables: Tables, test_from: int = TEST_FROM) -> tuple[Tables, Tables]:
    """Return the weeks before a week to train on, and those from it on to test on. test_from: its number."""
    rows = tables[TRAINING_SET].sort_values([NUMBER, STORE], ignore_index=True)
    rows = rows[rows[PAST_WEEKS].notna()]
    parts = rows[rows[NUMBER] < test_from], rows[rows[NUMBER] >= test_from]
    if not all(map(len, parts)):
        raise CapstanError(f"A part is empty: week {test_from} parts training and test. Move test_from.")
    return {"weeks": parts[0]}, {"weeks": parts[1]}


def train(tables: Tables, seed: int = 0) -> PricingModel:
    """Return the demand of each store. seed: nothing depends on it; each pipeline has one."""
    from pipelines.pricing import training

    return training.fit(tables["weeks"])


def evaluate(model: PricingModel, tables: Tables) -> Evaluation:
    """Return the errors of the forecast and of simpler ones, elasticities, and both cards."""
    from pipelines.pricing import report

    return report.evaluate(model, tables["weeks"])


def signals(model: PricingModel, tables: Tables) -> pd.DataFrame:
    """Return prices, features, expected and earned profit of each store and week."""
    from pipelines.pricing import report, shelves

    rows = tables["weeks"]
    return report.watched(model.demand, shelves.sold_weeks(rows), shelves.history(rows))


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the mean price on the shelf, and how many brands are featured."""
    import pandas as pd

    now = [sum(brand["now"] for brand in shelf) / len(shelf) for shelf in predictions["proposals"]]
    return pd.DataFrame({"price_now": now, "brands_featured": [float(len(names)) for names in requests["featured"]]})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a shelf of usual prices, one of given prices, and one that may not change."""
    last = tables["weeks"].sort_values([NUMBER, STORE]).tail(1).iloc[0]
    asked = {STORE: int(last[STORE]), "week": EXAMPLE["week"]}  # the week after the last: what the online store knows
    prices = [round(float(price), 2) for price in last[PRICES]]
    return [
        asked | {"brand": EXAMPLE["brand"], FEATURED: EXAMPLE[FEATURED]},
        asked | {PRICES: prices, FEATURED: list(last[FEATURED]), MOST_CHANGE: 2 * rules.MOST_CHANGE},
        asked | {MOST_CHANGE: 0.0},
    ]


def apply(model: PricingModel, event: Event, features: dict[str, Any]) -> dict[str, Any]:
    """Return the history of a store after a person approved a price: it counts as seen, and is kept."""
    from pipelines.pricing import approvals

    return approvals.added(event, features)


def alarm(model: PricingModel, event: Event, features: dict[str, Any]) -> str | None:
    """Return the approval: people are alerted of each, and the history of decisions keeps it."""
    return f"Store {event.store}: {features[APPROVALS][-1]}"
