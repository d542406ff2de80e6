"""What a run shows: clicks by budget, compared with other bidders, how money is spent, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from data_sets.ipinyou import UNIT
from models.auctions import replay
from pipelines.bidding import cards, protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from capstan.contract.capstone import Tables
    from models.auctions.bidders import Bidder
    from models.auctions.replay import Episodes, Outcome
    from pipelines.bidding.model import BidModel

OWN = "this bidder"
BLIND = "paced, without the CTR"
BETTER_THAN = (BLIND, "linear, tuned", "Mcpc")  # by the gate
PACED_AT = 8  # the budget of the figure


def evaluate(model: BidModel, tables: Tables) -> Evaluation:
    """Return the metrics, and the sections of the report. An episode, which has one budget, is a unit.

    `clicks` and `expected_clicks`, the predicted ones, are those of an episode, on average over six budgets.
    """
    log, history = protocol.episodes(tables["auctions"]), tables["history"]
    budgets = {share: protocol.budget(history, share) for share in protocol.DIVISORS}
    results = {
        name: {share: replay.replay(log, bidder.campaign(money), money) for share, money in budgets.items()}
        for name, bidder in {OWN: model.bidder, **model.baselines}.items()
    }
    units = {name: of_units(results[name]) for name in (OWN, *BETTER_THAN)}
    metrics = {name: float(column.mean()) for name, column in units[OWN].items()}
    metrics["spent"] = spent(results[OWN], budgets)
    sections = [
        Section("Clicks by budget", by_budget(results)),
        Section("Spend, pace and wins", figure(model, log, budgets[PACED_AT])),
        *cards.sections(tables["auctions"], metrics),
    ]
    return Evaluation(metrics, sections, units[OWN], {name: units[name] for name in BETTER_THAN}, {BLIND: ("clicks",)})


def of_units(results: dict[int, Outcome]) -> pd.DataFrame:
    """Return clicks and predicted clicks of each episode, on average over the budgets."""
    fields = {"clicks": "clicks", "expected_clicks": "expected"}
    return pd.DataFrame(
        {
            name: np.mean([getattr(outcome, field) for outcome in results.values()], axis=0)
            for name, field in fields.items()
        }
    )


def spent(results: dict[int, Outcome], budgets: dict[int, int]) -> float:
    """Return the share of the money that was spent, at the budget where it is least."""
    return float(
        min(results[share].spent.sum() / (money * len(results[share].spent)) for share, money in budgets.items())
    )


def by_budget(results: dict[str, dict[int, Outcome]]) -> pd.DataFrame:
    """Return a row per budget and bidder."""
    rows = []
    for share in protocol.DIVISORS:
        for name in results:
            outcome = results[name][share]
            shown = {
                "wins": outcome.wins.sum(),
                "clicks": outcome.clicks.sum(),
                "predicted": round(outcome.expected.sum(), 1),
            }
            rows.append({"budget": f"1/{share}", "bidder": name, **shown, f"spent, {UNIT}": outcome.spent.sum()})
    return pd.DataFrame(rows)


def figure(model: BidModel, log: Episodes, money: int) -> Figure:
    """Return the share of money spent and the auctions won, as an episode goes on, for three bidders."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = drawn.subplots(1, 2)
    whole = (log.price < replay.NEVER).all(axis=1)  # without the last episode, which ends early
    shown: dict[str, Bidder] = {OWN: model.bidder} | {name: model.baselines[name] for name in BETTER_THAN}
    for name, bidder in shown.items():
        moves = replay.moves(log, bidder.campaign(money), money)
        left.plot(1 - moves.money[whole].mean(axis=0) / money, label=name)
        right.plot(moves.won[whole].mean(axis=0).cumsum(), label=name)
    left.set(xlabel="auction of an episode", ylabel="share of the budget spent")
    right.set(xlabel="auction of an episode", ylabel="auctions won")
    left.axline((0, 0), slope=1 / log.price.shape[1], color="grey", linewidth=0.8, linestyle="--")
    left.legend()
    return drawn
