"""What is watched of answers: expected risk, what came of it, and the market."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from pipelines.trading.model import TradingModel

WATCHED = ("volatility", "value_at_risk", "market_week")


def of_weeks(model: TradingModel, tables: Tables) -> pd.DataFrame:
    """Return a row per week whose next week is known, for an account of cash alone."""
    import pandas as pd

    from capstan.contract.capstone import EVENT_TIMESTAMP
    from data_sets.djia import TICKERS
    from models.finance.bootstrap import YEAR
    from pipelines.trading import days
    from pipelines.trading.model import WEEK, moves

    closes = days.by_day(tables["prices"]).closes
    values, rows = closes.to_numpy(), []
    instants = {days.close_of(day): place for place, day in enumerate(closes.index)}
    for known in tables["weeks"].to_dict("records"):
        place = instants[known[EVENT_TIMESTAMP]]
        if place + WEEK >= len(values):
            continue
        answer = model.answer(known)
        weights = np.array([answer["weights"].get(name, 0.0) for name in TICKERS])
        gone = moves(weights, values[place : place + WEEK + 1])
        rows.append(
            {name: answer[name] for name in WATCHED}
            | {"realized_volatility": round(100 * float(np.sqrt((gone**2).mean() * YEAR)), 2)}
        )
    return pd.DataFrame(rows)
