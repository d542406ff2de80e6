"""How many clicks does each bidder buy, by budget, and what does that depend on?

- published: the figures of the paper's authors on the whole log, and ours;
- budgets: six budgets on the four fifths of the log that no setting was chosen on;
- lengths: campaigns of other lengths; censored: a bidder that knows only the prices that it paid;
- calibration: the CTR that is given; divisions: the spread of the gate's limits; wins: how likely a bid is to win.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from models.auctions import bidders, landscape, replay, values
from models.auctions.replay import Episodes, Outcome
from models.metrics import paired
from pipelines.bidding import protocol, task
from pipelines.bidding.model import BidModel
from pipelines.bidding.studies.compare import wins as winning

OWN, LINEAR, MCPC, BLIND = "paced, served", "linear, tuned", "Mcpc", "paced, without the CTR"
DYNAMIC, HINDSIGHT = "dynamic programming", "linear, the best in hindsight"
PAPER = "dynamic programming, the paper's table"
PUBLISHED = {MCPC: (14_752, 48, 307_751), LINEAR: (26_743, 63, 163_300), PAPER: (39_658, 78, 304_227)}
AGAINST = (BLIND, DYNAMIC, LINEAR, MCPC)
TENTHS, LENGTHS = 10, (10, 100, 1_000, 0)  # auctions of a campaign; 0 is the whole log


Parts = dict[str, pd.DataFrame]


@cache
def known() -> tuple[Parts, Parts, Parts, BidModel]:
    """Return all tables, those to learn from, those to test on, and the model."""
    loaded = task.load(settings().data_dir)
    past, test = task.split(loaded)
    return loaded, past, test, task.train(past)


def dynamic(past: Parts) -> values.Values:
    """Return the bidder that knows what its money is worth later."""
    history, counts = past["history"].iloc[0], past["prices"]["count"].to_numpy()
    table = values.table(
        counts, history["clicks"] / history["impressions"], values.HORIZON, values.HORIZON * values.RICH
    )
    return values.Values(table, int(np.flatnonzero(counts)[-1]))


@cache
def rival() -> values.Values:
    """Return that bidder for the tables that are known: its table takes seconds, and all budgets share it."""
    return dynamic(known()[1])


def result(log: Episodes, bidder: bidders.Bidder, money: int) -> Outcome:
    """Return what a bidder gets, where each episode has the same money."""
    return replay.replay(log, bidder.campaign(money), money)


def line(outcome: Outcome) -> Line:
    """Return the sums of a replay."""
    return {name: float(getattr(outcome, name).sum()) for name in ("wins", "clicks", "spent", "expected")}


def tenths(column: np.ndarray) -> np.ndarray:
    """Return the sums of ten consecutive parts of the episodes, shape (10,)."""
    return np.array([part.sum() for part in np.array_split(column, TENTHS)])


def more(own: Outcome, rival: Outcome) -> Line:
    """Return how many more clicks a bidder has, real and predicted: bootstraps over tenths and over episodes."""
    found: Line = {}
    for field in ("clicks", "expected"):
        pair = getattr(own, field), getattr(rival, field)
        for unit, parts in (("tenths", [tenths(column) for column in pair]), ("episodes", list(pair))):
            shown = paired.bootstrap(*parts)
            scale = len(parts[0])
            found |= {f"{field}_{unit}_{end}": shown[end] * scale for end in ("difference", "low", "high")}
    return found


def published() -> Iterator[Line]:
    """Yield what the authors of the paper print for a budget of 1/32, and the same from this code."""
    loaded, _, _, model = known()
    log, money = protocol.episodes(loaded["auctions"]), protocol.budget(loaded["history"], 32)
    history, counts = loaded["history"].iloc[0], loaded["prices"]["count"].to_numpy()
    table = values.table(counts, history["clicks"] / history["impressions"], protocol.EPISODE, money)
    own = {
        MCPC: model.baselines[MCPC],
        PAPER: values.Values(table, model.highest),
        LINEAR: model.baselines[LINEAR],
    }
    for name, shown in PUBLISHED.items():
        yield {"method": f"{name}, as printed"} | dict(zip(("wins", "clicks", "spent"), map(float, shown), strict=True))
        yield {"method": name} | line(result(log, own[name], money))


def budgets(budget: str) -> Iterator[Line]:
    """Yield a line per bidder at a budget, such as "1/32"."""
    _, _, test, model = known()
    log, money = protocol.episodes(test["auctions"]), protocol.budget(test["history"], int(budget.removeprefix("1/")))
    all_of_them: dict[str, bidders.Bidder] = {
        **model.baselines,
        HINDSIGHT: in_hindsight(log, model, money),
        DYNAMIC: rival(),
        OWN: model.bidder,
    }
    results = {name: result(log, bidder, money) for name, bidder in all_of_them.items()}
    for name, outcome in results.items():
        against = {f"{key}_{base}": value for base in AGAINST for key, value in more(outcome, results[base]).items()}
        yield {"method": name} | line(outcome) | against


def in_hindsight(log: Episodes, model: BidModel, money: int) -> Any:
    """Return the linear bids that win the most predicted clicks of the very auctions that they are judged on."""
    ctr = model.mean_ctr
    make = partial(bidders.Linear, ctr)
    return make({money: bidders.best(log, make, bidders.GRID.tolist(), money)})


def lengths() -> Iterator[Line]:
    """Yield what three bidders get with campaigns of other lengths, at an eighth of the usual cost."""
    _, _, test, model = known()
    rows, history = test["auctions"], test["history"]
    tried = {OWN: model.bidder, DYNAMIC: rival(), LINEAR: model.baselines[LINEAR]}
    for length in LENGTHS:
        long = length or len(rows)
        log, money = protocol.episodes(rows, long), protocol.budget(history, 8, long)
        for name, chosen in tried.items():
            bidder: Any = chosen
            if name == LINEAR:  # its base is that of the budget for 1,000 auctions
                bidder = bidders.Linear(bidder.ctr, {money: bidder.bases[protocol.budget(history, 8)]})
            yield {"method": name, "length": long} | line(result(log, bidder, money))


def censored() -> Iterator[Line]:
    """Yield what a bidder gets that learned its prices from the first fifth of the log, as Mcpc bid there."""
    _, past, test, model = known()
    log = protocol.episodes(test["auctions"])
    seen, history, highest = protocol.episodes(past["auctions"]), past["history"], model.highest
    money = protocol.budget(history, 2)
    moves = replay.moves(seen, model.baselines[MCPC].campaign(money), money)
    bid, price = moves.bid[moves.bid > 0], seen.price[moves.bid > 0]
    ctr = float(history["clicks"].iloc[0] / history["impressions"].iloc[0])
    ways = {
        "every price of the days before, served": past["prices"]["count"].to_numpy()[: highest + 1],
        "every price of the first fifth": np.bincount(np.minimum(seen.price[seen.price < replay.NEVER], highest)),
        "Kaplan-Meier, of what was won and lost": landscape.of_wins(bid, price, highest),
        "what was won, alone": landscape.of_won_alone(bid, price, highest),
    }
    for name, counts in ways.items():
        bidder = bidders.Paced(counts, ctr)
        money, chance = protocol.budget(history, 8), np.cumsum(counts / counts.sum())
        moved = replay.moves(log, bidder.campaign(money), money)
        real = log.price < replay.NEVER
        yield {
            "method": name,
            "mean": float((counts / counts.sum() * np.arange(len(counts))).sum()),
            "claimed": float(chance[np.minimum(moved.bid[real], len(chance) - 1)].mean()),
            "won": float(moved.won[real].mean()),
        } | line(replay.outcome(log, moved.won))


def divisions() -> Iterator[Line]:
    """Yield the metrics of the gate for five consecutive parts of the first fifth, and for all that tests."""
    _, past, test, model = known()
    rows = past["auctions"]
    for number, part in enumerate(np.array_split(np.arange(len(rows) // protocol.EPISODE), 5)):
        own = rows.iloc[part[0] * protocol.EPISODE : (part[-1] + 1) * protocol.EPISODE]
        yield {"method": f"{number}"} | task.evaluate(model, {"history": past["history"], "auctions": own}).metrics
    yield {"method": "test"} | task.evaluate(model, test).metrics


def calibration() -> Iterator[Line]:
    """Yield predicted and real clicks of fifths of the auctions by their predicted CTR."""
    rows = known()[2]["auctions"]
    parts = np.array_split(rows.sort_values("ctr", kind="stable").index.to_numpy(), 5)
    for number, part in enumerate(parts):
        own = rows.loc[part]
        yield {"method": f"{number + 1}", "expected": float(own["ctr"].sum()), "clicks": float(own["click"].sum())}


def wins(budget: str) -> Iterator[Line]:
    """Yield how well the probability to win is known at a budget, of the same auctions, learned in three ways."""
    _, past, test, model = known()
    log, money = protocol.episodes(test["auctions"]), protocol.budget(test["history"], int(budget.removeprefix("1/")))
    moves, real = replay.moves(log, model.bidder.campaign(money), money), log.price < replay.NEVER
    bid, won, price, ctr = moves.bid[real], moves.won[real], log.price[real], log.ctr[real]
    counts = past["prices"]["count"].to_numpy()[: model.highest + 1]
    everywhere, seen = counts / counts.sum(), past["auctions"]
    learned = seen["market_price"].to_numpy(), seen["ctr"].to_numpy()
    ways = {
        "all prices of the days before": np.cumsum(everywhere)[np.minimum(bid, model.highest)],
        "by CTR, the first fifth of the log": winning.by_ctr(*learned, everywhere, bid, ctr),
        "by CTR, the 5,000 auctions before": winning.by_recent(price, ctr, everywhere, bid),
    }
    judged = (bid > 0) & (np.arange(len(bid)) >= winning.LAST)
    for name, likely in ways.items():
        yield {"method": name} | winning.judged(np.minimum(likely[judged], 1), won[judged].astype(int))


def whole(name: str, digits: int = 0) -> Show:
    """Return what shows a number."""
    return lambda rows: f"{rows[name].iloc[0]:,.{digits}f}"


def ranged(name: str, other: str) -> Show:
    """Return what shows the difference to another bidder, and its interval."""

    def show(rows: pd.DataFrame) -> str:
        mean, low, high = (rows[f"{name}_{end}_{other}"].iloc[0] for end in ("difference", "low", "high"))
        return f"{mean:+.0f} ({low:+.1f} to {high:+.1f})"

    return show


def clicks_of(method: str) -> Show:
    """Return what shows the clicks of a bidder."""
    return lambda rows: f"{rows.loc[rows['method'] == method, 'clicks'].iloc[0]:.0f}"


def own(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of the served bidder."""
    return lines[lines["method"] == OWN]


SHOWN = [OWN, BLIND, DYNAMIC, MCPC, LINEAR, HINDSIGHT, "ORTB1, tuned", "ORTB2, tuned"]
SUMS: dict[str, Show] = {"wins": whole("wins"), "clicks": whole("clicks"), "spent": whole("spent")}
STUDY = Study(
    measures=[
        Measure(published, seeds=0),
        Measure(budgets, [{"budget": f"1/{share}"} for share in protocol.DIVISORS], seeds=0),
        Measure(lengths, seeds=0),
        Measure(censored, seeds=0),
        Measure(calibration, seeds=0),
        Measure(divisions, seeds=0),
        Measure(wins, [{"budget": f"1/{share}"} for share in protocol.DIVISORS], seeds=0),
    ],
    tables=[
        Table({"budget": "budget"}, {name: clicks_of(name) for name in SHOWN}, "budgets"),
        Table(
            {"budget": "budget"},
            {f"clicks more than {name}": ranged("clicks_tenths", name) for name in AGAINST},
            "budgets",
            own,
        ),
        Table(
            {"budget": "budget"},
            {f"predicted clicks more than {name}": ranged("expected_tenths", name) for name in AGAINST},
            "budgets",
            own,
        ),
        Table(
            {"budget": "budget"},
            {f"clicks more than {name}, episodes": ranged("clicks_episodes", name) for name in AGAINST},
            "budgets",
            own,
        ),
        Table({"whole log, 1/32": "method"}, SUMS, "published"),
        Table(
            {"auctions of a campaign": "length", "bidder": "method"},
            {"clicks": whole("clicks"), "predicted": whole("expected", 1), "spent": whole("spent")},
            "lengths",
        ),
        Table(
            {"prices learned from": "method"},
            {
                "mean price": whole("mean", 1),
                "wins claimed": whole("claimed", 3),
                "won": whole("won", 3),
                "clicks": whole("clicks"),
                "predicted": whole("expected", 1),
            },
            "censored",
        ),
        Table(
            {"fifths by predicted CTR": "method"},
            {"predicted clicks": whole("expected", 1), "clicks": whole("clicks")},
            "calibration",
        ),
        Table({"part": "method"}, {name: whole(name, 3) for name in task.THRESHOLDS}, "divisions"),
        Table(
            {"budget": "budget", "probability to win from": "method"},
            {
                "ROC AUC": whole("roc_auc", 3),
                "Brier": whole("brier", 3),
                "of a constant": whole("constant", 3),
                "largest error in a tenth": whole("worst", 3),
            },
            "wins",
        ),
    ],
)
