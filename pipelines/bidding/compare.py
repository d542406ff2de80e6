"""`python -m pipelines.bidding.compare`: how many clicks each bidder buys, by budget, and what that depends on.

It writes `compare.json` into the folder that it is given, and prints the tables: the figures of the paper's authors on
the whole log; six budgets on the four fifths of it that no setting was chosen on; campaigns of other lengths; what is
lost where a bidder knows only the prices that it paid; and the spread that the limits of the gate come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.metrics import paired
from models.study import Line, Study, markdown, options
from pipelines.bidding import bidders, landscape, replay, task, values
from pipelines.bidding.model import BidModel
from pipelines.bidding.replay import EPISODE, SHARES, Outcome, budget, episodes

FOLDER = Path(__file__).parent
OWN, LINEAR, MCPC, PACED = "dynamic programming, served", "linear, tuned", "Mcpc", "paced"
HINDSIGHT, PAPER = "linear, the best in hindsight", "dynamic programming, the paper's table"
PUBLISHED = {MCPC: (14_752, 48, 307_751), LINEAR: (26_743, 63, 163_300), PAPER: (39_658, 78, 304_227)}
TENTHS, LENGTHS = 10, (10, 100, 1_000, 0)  # auctions of a campaign; 0 is the whole log


def result(log: replay.Episodes, bidder: bidders.Bidder, money: int) -> Outcome:
    """Return what a bidder gets, where each episode has the same money."""
    return replay.replay(log, bidder.campaign(money), money)


def line(one: Outcome) -> Line:
    """Return the sums of a replay."""
    return {name: float(getattr(one, name).sum()) for name in ("wins", "clicks", "spent", "expected")}


def tenths(column: np.ndarray) -> np.ndarray:
    """Return the sums of ten consecutive parts of the episodes, shape (10,)."""
    return np.array([part.sum() for part in np.array_split(column, TENTHS)])


def more(one: Outcome, other: Outcome) -> Line:
    """Return how many more clicks one has, real and predicted, with bootstrap intervals over tenths and episodes."""
    made: Line = {}
    for field in ("clicks", "expected"):
        pair = getattr(one, field), getattr(other, field)
        for unit, parts in (("tenths", [tenths(column) for column in pair]), ("episodes", list(pair))):
            shown = paired.bootstrap(*parts)
            scale = len(parts[0])
            made |= {f"{field}_{unit}_{end}": shown[end] * scale for end in ("difference", "low", "high")}
    return made


def published(loaded: dict[str, pd.DataFrame], model: BidModel) -> Iterator[Line]:
    """Yield what the authors of the paper print for a budget of 1/32, and the same from this code."""
    log, money = episodes(loaded["auctions"]), budget(loaded["history"], 32)
    history, counts = loaded["history"].iloc[0], loaded["prices"]["count"].to_numpy()
    table = values.table(counts, history["clicks"] / history["impressions"], EPISODE, money)
    own = {
        MCPC: model.baselines[MCPC],
        PAPER: values.Values(table, len(model.prices) - 1),
        LINEAR: model.baselines[LINEAR],
    }
    for name, shown in PUBLISHED.items():
        yield {"method": f"{name}, as printed"} | dict(zip(("wins", "clicks", "spent"), map(float, shown), strict=True))
        yield {"method": name} | line(result(log, own[name], money))


def compared(log: replay.Episodes, model: BidModel, money: int) -> Iterator[Line]:
    """Yield a line per bidder at one budget."""
    all_of_them: dict[str, bidders.Bidder] = {
        **model.baselines,
        HINDSIGHT: in_hindsight(log, model, money),
        OWN: model.values,
    }
    made = {name: result(log, bidder, money) for name, bidder in all_of_them.items()}
    for name, one in made.items():
        against = {
            f"{key}_{other}": value for other in (LINEAR, MCPC, PACED) for key, value in more(one, made[other]).items()
        }
        yield {"method": name} | line(one) | against


def in_hindsight(log: replay.Episodes, model: BidModel, money: int) -> Any:
    """Return the linear bids that win the most predicted clicks of the very auctions that they are judged on."""
    ctr = model.baselines[LINEAR].ctr
    make = partial(bidders.Linear, ctr)
    return make({money: bidders.best(log, make, bidders.GRID.tolist(), money)})


def lengths(rows: pd.DataFrame, history: pd.DataFrame, model: BidModel) -> Iterator[Line]:
    """Yield what three bidders get with campaigns of other lengths, at an eighth of the usual cost."""
    for length in LENGTHS:
        long = length or len(rows)
        log, money = episodes(rows, long), budget(history, 8, long)
        for name in (OWN, PACED, LINEAR):
            bidder: Any = model.values if name == OWN else model.baselines[name]
            if name == LINEAR:  # its base is that of the budget for 1,000 auctions
                bidder = bidders.Linear(bidder.ctr, {money: bidder.bases[budget(history, 8)]})
            yield {"method": name, "length": long} | line(result(log, bidder, money))


def censored(past: dict[str, pd.DataFrame], log: replay.Episodes, model: BidModel) -> Iterator[Line]:
    """Yield what a bidder gets that learned its prices from the first fifth of the log, as Mcpc bid there."""
    seen, history, highest = episodes(past["auctions"]), past["history"], len(model.prices) - 1
    money = budget(history, 2)
    made = replay.moves(seen, model.baselines[MCPC].campaign(money), money)
    bid, price = made.bid[made.bid > 0], seen.price[made.bid > 0]
    ctr = float(history["clicks"].iloc[0] / history["impressions"].iloc[0])
    ways = {
        "every price of the days before, served": model.prices,
        "every price of the first fifth": np.bincount(np.minimum(seen.price[seen.price < replay.NEVER], highest)),
        "Kaplan-Meier, of what was won and lost": landscape.of_wins(bid, price, highest),
        "what was won, alone": landscape.of_won_alone(bid, price, highest),
    }
    for name, counts in ways.items():
        bidder = values.Values(values.table(counts, ctr, values.HORIZON, values.HORIZON * values.RICH), highest)
        money, chance = budget(history, 8), np.cumsum(counts / counts.sum())
        moved = replay.moves(log, bidder.campaign(money), money)
        real = log.price < replay.NEVER
        yield {
            "method": name,
            "mean": float((counts / counts.sum() * np.arange(len(counts))).sum()),
            "claimed": float(chance[np.minimum(moved.bid[real], len(chance) - 1)].mean()),
            "won": float(moved.won[real].mean()),
        } | line(replay.outcome(log, moved.won))


def divisions(past: dict[str, pd.DataFrame], test: dict[str, pd.DataFrame], model: BidModel) -> Iterator[Line]:
    """Yield the metrics of the gate for five consecutive parts of the first fifth, and for all that tests."""
    rows = past["auctions"]
    for number, part in enumerate(np.array_split(np.arange(len(rows) // EPISODE), 5)):
        own = rows.iloc[part[0] * EPISODE : (part[-1] + 1) * EPISODE]
        yield {"method": f"{number}"} | task.evaluate(model, {"history": past["history"], "auctions": own}).metrics
    yield {"method": "test"} | task.evaluate(model, test).metrics


def calibration(rows: pd.DataFrame) -> Iterator[Line]:
    """Yield predicted and real clicks of tenths of the auctions by their predicted CTR."""
    parts = np.array_split(rows.sort_values("ctr", kind="stable").index.to_numpy(), 5)
    for number, part in enumerate(parts):
        own = rows.loc[part]
        yield {"method": f"{number + 1}", "expected": float(own["ctr"].sum()), "clicks": float(own["click"].sum())}


def whole(name: str, digits: int = 0) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a number."""
    return lambda rows: f"{rows[name].iloc[0]:,.{digits}f}"


def ranged(name: str, other: str) -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of the difference to another bidder, and its interval."""

    def cell(rows: pd.DataFrame) -> str:
        mean, low, high = (rows[f"{name}_{end}_{other}"].iloc[0] for end in ("difference", "low", "high"))
        return f"{mean:+.0f} ({low:+.1f} to {high:+.1f})"

    return cell


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README and of STUDIES.md."""
    parts = dict(list(results.groupby("part", sort=False)))
    sums = {"wins": whole("wins"), "clicks": whole("clicks"), "spent": whole("spent")}
    against = {f"clicks more than {name}": ranged("clicks_tenths", name) for name in (MCPC, LINEAR, PACED)}
    own = parts["budgets"][parts["budgets"]["method"] == OWN]
    counts = parts["budgets"].pivot_table(index="budget", columns="method", values="clicks", sort=False)
    shown = [MCPC, LINEAR, HINDSIGHT, "ORTB1, tuned", "ORTB2, tuned", "paced, without the CTR", PACED, OWN]
    rows = [["budget", *shown], ["---", *["---:"] * len(shown)]]
    rows += [[str(name), *(f"{counts.loc[name, method]:.0f}" for method in shown)] for name in counts.index]
    predicted = {
        f"predicted clicks more than {name}": ranged("expected_tenths", name) for name in (MCPC, LINEAR, PACED)
    }
    episode = {f"clicks more than {name}, episodes": ranged("clicks_episodes", name) for name in (MCPC, LINEAR, PACED)}
    gate = {name: whole(name, 3) for name in task.THRESHOLDS}
    made = [
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
        markdown(own, {"budget": "budget"}, against),
        markdown(own, {"budget": "budget"}, predicted),
        markdown(own, {"budget": "budget"}, episode),
        markdown(parts["published"], {"whole log, 1/32": "method"}, sums),
        markdown(parts["lengths"], {"auctions of a campaign": "length", "bidder": "method"}, {
            "clicks": whole("clicks"), "predicted": whole("expected", 1), "spent": whole("spent"),
        }),
        markdown(parts["censored"], {"prices learned from": "method"}, {
            "mean price": whole("mean", 1), "wins claimed": whole("claimed", 3), "won": whole("won", 3),
            "clicks": whole("clicks"), "predicted": whole("expected", 1),
        }),
        markdown(parts["calibration"], {"fifths by predicted CTR": "method"}, {
            "predicted clicks": whole("expected", 1), "clicks": whole("clicks"),
        }),
        markdown(parts["divisions"], {"part": "method"}, gate),
    ]  # fmt: skip
    return "\n\n".join(made)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    given = parser.parse_args()
    study = Study(given.out / "compare.json", ["part", "budget", "length", "method"])
    loaded = task.load(settings().data_dir)
    past, test = task.split(loaded)
    model, log = task.train(past), episodes(test["auctions"])

    def add(part: str, share: str, made: Iterator[Line]) -> None:
        study.add(*({"part": part, "budget": share, "length": EPISODE} | one for one in made))

    add("published", "1/32", published(loaded, model))
    for share in SHARES:
        add("budgets", f"1/{share}", compared(log, model, budget(test["history"], share)))
    add("lengths", "1/8", lengths(test["auctions"], test["history"], model))
    add("censored", "1/8", censored(past, log, model))
    add("calibration", "", calibration(test["auctions"]))
    add("divisions", "", divisions(past, test, model))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
