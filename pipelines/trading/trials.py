"""`python -m pipelines.trading.trials`: every setting of every strategy, on the years before those that test.

Writes `trials.json` beside this file: daily Sharpe ratios and volatilities on 2009 to 2012, which choose, on 2013 and
2014, which validate, and on both. Strategies that learn learn anew each year from all that came before it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import djia as data
from models.finance import bootstrap
from models.finance.overfitting import sharpe
from models.study import Study, options
from models.tuning import Setting
from pipelines.trading import report, walk_forward
from pipelines.trading.variants import FAMILIES

if TYPE_CHECKING:
    from data_sets.djia import Market

FOLDER = Path(__file__).parent
SINCE, VALIDATED, UNTIL = "2009-01-02", "2013-01-01", "2014-12-31"


def returns(family: str, setting: Setting, market: Market, since: str = SINCE) -> np.ndarray:
    """Return the daily returns after costs of a setting, walked forward."""
    plan = walk_forward.plan(FAMILIES.kind(family)(**setting), market, since)
    return np.asarray(report.tested(plan[None], market, pd.Timestamp(since)).returns[0])


def measured(family: str, setting: Setting, market: Market) -> dict[str, float]:
    """Return the scores of a setting. market: until the end of 2014."""
    made = returns(family, setting, market)
    first = len(made) - len(market.closes.loc[VALIDATED:])
    learned, validated = made[:first], made[first:]
    return {
        "sharpe": sharpe(learned),
        "sharpe_validated": sharpe(validated),
        "sharpe_both": sharpe(made),
        "volatility": float(learned.std()),
        "volatility_validated": float(validated.std()),
    }


def until(data_dir: Path | None, day: str = UNTIL) -> Market:
    """Return the prices up to a day."""
    return data.market(data.load(data.find(data_dir))).until(day)


def spread(results: pd.DataFrame) -> float:
    """Return the standard deviation of the daily Sharpe ratios of all trials."""
    return float(results["sharpe_both"].std(ddof=1))


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README: the best setting of each family, and how many were tried."""
    year = np.sqrt(bootstrap.YEAR)
    shown = {
        "Sharpe ratio, 2009 to 2012": lambda rows: f"{year * rows['sharpe'].mean():.2f}",
        "2013 and 2014": lambda rows: f"{year * rows['sharpe_validated'].mean():.2f}",
    }
    return FAMILIES.table(results, shown)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "trials.json", ["family", "setting", "seed"])
    market = until(settings().data_dir)
    FAMILIES.measure(study, 1, lambda family, setting, seed: measured(family, setting, market))
    print(tables(study.table()))
    print(f"{len(study.table())} trials, spread {spread(study.table()):.5f}")


if __name__ == "__main__":
    main()
