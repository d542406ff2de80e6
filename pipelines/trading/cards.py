"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models import cards
from pipelines.trading.variants import TRIALS

if TYPE_CHECKING:
    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Section
    from pipelines.trading.model import TradingModel


def sections(model: TradingModel, tables: Tables, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. tables: those that the metrics come from."""
    prices = tables["prices"]
    card = {
        "What it is": f"The strategy {model.name}: target weights of {prices['ticker'].nunique()} stocks from the "
        "closes of the last year, and the whole-share orders that lead to them.",
        "For": "Showing how strategies are tested, judged, served and replayed.",
        "Not for": "Investing. The stocks were chosen at the end of the data because they had done well, prices end in "
        "2017, taxes and dividends are missing.",
        "Costs": f"{model.costs.commission / 100:g} cents a share and at least {model.costs.least / 100:g} dollars an "
        f"order, {model.costs.slippage} basis points of slippage. An order is at most {model.limits.share} % of the "
        "day's volume.",
        "Measured": f"after costs, on days that it was not chosen on: {cards.listed(metrics)}. {TRIALS} trials are "
        "counted.",
        "Risk": "The days of the last year, in units of the deviation that was expected of them, at the deviation that "
        "is expected of tomorrow (RiskMetrics).",
        "Who could be harmed": "Who takes past returns for a promise: a strategy that was measured on survivors looks "
        "better than it is.",
        "Limits": "Orders are filled at the next close, and do not move it. Who sends them late, or all at once with "
        "others, gets other prices. A surprise that is larger than all of the last year is not in the risk figures.",
    }
    dataset = {
        "What it is": "Daily closes and volumes of 31 large American companies: here the part that tests.",
        "Rows": f"{len(prices):,}, from {prices['date'].min():%Y-%m-%d} to {prices['date'].max():%Y-%m-%d}; the first "
        "year and a half is there for the decisions alone.",
        "Survivors": "Members of the Dow Jones index at the end of 2017, and Amazon, Google, Yahoo: who failed "
        "before is not there, so every strategy that buys looks too good, holding most of all.",
        "Adjusted": "for splits, not for dividends: returns lack some 2.5 % a year.",
        "Licence": "CC0, szrlee on Kaggle.",
        "People in it": "Nobody.",
    }
    return cards.sections(card, dataset)
