"""Bidding: what should I bid for this impression, so that a fixed budget buys the most clicks?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least
from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from data_sets import ipinyou as data
from pipelines.bidding.schema import EXAMPLE, Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.bidding.model import BidModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "What should I bid for this impression, so that a fixed budget buys the most clicks?"
CONTRACT_LIMIT = 0.01
CHECKS = Checks(time=None)
# The limits are below what five parts of the first fifth of the log have, where clicks are rarer (study `compare`,
# "divisions").
THRESHOLDS = {"clicks": at_least(0.45, slack=0.02), "expected_clicks": at_least(1.15, slack=0.03)}
LABEL_COLUMNS = {"auctions": "click"}
LEARN_PARTS = 5  # the first of so many parts of the log is learned from


def load(data_dir: Path | None) -> Tables:
    """Return `auctions`, a row each, and what was known before: `prices` and `history`."""
    return data.tables(*data.find(data_dir))


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the paths of the log and of what was known before it."""
    log, info = data.find(data_dir)
    return {(data.LOG if log.suffix == ".parquet" else data.TEXT): log, data.INFO: info}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of auctions, of their clicks, and of the prices that were seen before."""
    rows = tables["auctions"]
    return {"auctions": len(rows), "clicks": float(rows["click"].sum()), "prices": tables["prices"]["count"].sum()}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the first fifth of the log with all that was known before it, and the rest: episodes stay whole.

    The log has no times; its rows are in the order of the auctions.
    """
    from pipelines.bidding.protocol import EPISODE

    rows = tables["auctions"].sort_values("number", ignore_index=True)
    border = len(rows) // LEARN_PARTS // EPISODE * EPISODE
    if not border:
        raise CapstanError(f"The log has {len(rows):,} auctions. Give at least {LEARN_PARTS * EPISODE:,}.")
    known = {name: tables[name] for name in ("prices", "history")}
    return known | {"auctions": rows[:border]}, {"history": tables["history"], "auctions": rows[border:]}


def train(tables: Tables) -> BidModel:
    """Return a bidder that spends its money evenly over the auctions that are left."""
    from pipelines.bidding import training

    return training.fit(tables)


def evaluate(model: BidModel, tables: Tables) -> Evaluation:
    """Return how many clicks it buys with six budgets, compared with other bidders on the same auctions."""
    from pipelines.bidding import report

    return report.evaluate(model, tables)


def signals(model: BidModel, tables: Tables) -> pd.DataFrame:
    """Return what is watched of each auction."""
    from pipelines.bidding import watching

    return watching.of_auctions(model, tables)


def live_signals(requests: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return the money that is left for each auction."""
    from pipelines.bidding import watching

    return watching.of_requests(requests)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return an impression at the beginning of a campaign, a promising one near its end, and one without money."""
    rows = tables["auctions"]
    best = float(rows["ctr"].head(1_000).max())
    late = {"id": "late", "ctr": best, "budget_left": 300.0, "auctions_left": 20}
    return [EXAMPLE, EXAMPLE | late, EXAMPLE | {"id": "spent", "budget_left": 0}]
