"""A store's week as one row, what is known before it, and the arrays that the demand model takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT
from capstan.errors import CapstanError
from data_sets import orange_juice_weeks as weeks
from models.pricing import price_region
from pipelines.pricing import rules
from pipelines.pricing.columns import (
    APPROVALS,
    BRAND,
    BRANDS,
    COSTS,
    COUNT,
    DEALS,
    FEATURED,
    HISTORY,
    IN_AD,
    LISTS,
    MOST_CHANGE,
    NUMBER,
    ON_DEAL,
    PAST,
    PAST_WEEKS,
    PRICES,
    SEEN,
    SOLD,
    STORE,
    USUAL,
    WEEK,
    YEAR,
)

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.model import Columns

RAW = dict(zip(LISTS, ["sold", "price", "cost", "deal", "feat"], strict=True))


@dataclass(frozen=True)
class Shelves:
    """Weeks of stores. Shapes: store, week (n,); the others (n, 11) by brand.

    sold: the log of packages. price, cost: dollars a package. before: the price in the week before. usual: the middle
    price of the year before the week asked for.
    """

    store: np.ndarray
    week: np.ndarray
    price: np.ndarray
    before: np.ndarray
    cost: np.ndarray
    deal: np.ndarray
    feat: np.ndarray
    sold: np.ndarray
    usual: np.ndarray

    def __len__(self) -> int:
        return len(self.store)

    def take(self, weeks: Any) -> Shelves:
        """Return some of the weeks. weeks: an index, or booleans."""
        return Shelves(**{name: values[weeks] for name, values in vars(self).items()})


def whole(sales: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return each measure as a table, a row per store and week that has all brands, a column per brand."""
    tables = {
        name: sales.pivot(index=[STORE, WEEK], columns=BRAND, values=raw).reindex(columns=BRANDS)
        for name, raw in RAW.items()
    }
    kept = np.logical_and.reduce([table.notna().all(axis=1) for table in tables.values()])
    tables = {name: table[kept].astype(float) for name, table in tables.items()}
    return tables | {SOLD: np.log(tables[SOLD])}


def to_sell(sales: pd.DataFrame) -> pd.DataFrame:
    """Return a row per store and week: the request, what was sold, lists of 11, and when that was known."""
    import pandas as pd

    tables = whole(sales)
    index = tables[SOLD].index
    numbers = index.get_level_values(WEEK)
    rows = pd.DataFrame({STORE: index.get_level_values(STORE), NUMBER: numbers, BRAND: BRANDS[0]})
    rows[WEEK] = [weeks.start(int(number)).isoformat() for number in numbers]
    rows[EVENT_TIMESTAMP] = moments(rows[NUMBER])
    rows[LABEL_KNOWN_AT] = moments(rows[NUMBER] + 1)
    rows = rows.assign(**{name: list(table.to_numpy()) for name, table in tables.items()})
    return rows.assign(
        **{FEATURED: named(tables[IN_AD]), DEALS: named(tables[ON_DEAL]), MOST_CHANGE: rules.MOST_CHANGE}
    )


def named(flags: pd.DataFrame) -> list[list[str]]:
    """Return the names of the brands that each week has a flag of."""
    return [[name for name, flag in zip(BRANDS, row, strict=True) if flag] for row in flags.to_numpy()]


def before(sales: pd.DataFrame) -> pd.DataFrame:
    """Return what was known of a store at the end of each week: its last nine, and the prices of a year."""
    import pandas as pd

    tables = whole(sales)
    found: list[dict[str, Any]] = []
    for store, places in tables[SOLD].groupby(level=STORE).indices.items():
        numbers = tables[SOLD].index.get_level_values(WEEK).to_numpy()[places]
        values = {name: table.to_numpy()[places] for name, table in tables.items()}
        for end in range(PAST, len(places) + 1):
            past = slice(end - PAST, end)
            found.append(
                {STORE: store, WEEK: numbers[end - 1] + 1, PAST_WEEKS: numbers[past]}
                | {HISTORY[name]: part[past].ravel() for name, part in values.items()}
                | dict(zip(SEEN, price_region.seen(values[PRICES][max(0, end - YEAR) : end]), strict=True))
                | {APPROVALS: np.array([], dtype=object)}
            )
    if not found:
        raise CapstanError(f"No store has {PAST} weeks with all {COUNT} brands. Give it more data.")
    rows = pd.DataFrame(found)
    return rows.assign(**{EVENT_TIMESTAMP: moments(rows[WEEK])}).drop(columns=WEEK)


def moments(numbers: pd.Series) -> pd.Series:
    """Return midnight at which each week begins, in UTC."""
    import pandas as pd

    first = pd.Timestamp(weeks.FIRST, tz="UTC")
    return (first + pd.to_timedelta(7 * (numbers - 1), unit="D")).dt.as_unit("us")


def sold_weeks(rows: Columns) -> Shelves:
    """Return the weeks of the training set."""
    past = history(rows)
    return Shelves(
        store=np.asarray(rows[STORE], int),
        week=np.asarray(rows[NUMBER], int),
        price=matrix(rows[PRICES]),
        before=past.price.reshape(-1, PAST - 1, COUNT)[:, -1],
        cost=matrix(rows[COSTS]),
        deal=matrix(rows[ON_DEAL]),
        feat=matrix(rows[IN_AD]),
        sold=matrix(rows[SOLD]),
        usual=matrix(rows[USUAL]),
    )


def history(rows: Columns) -> Shelves:
    """Return the eight weeks before each row, one after the other, the oldest first: 8 n weeks."""
    parts = {name: matrix(rows[HISTORY[name]], PAST * COUNT).reshape(-1, PAST, COUNT) for name in LISTS}
    late = {name: values[:, 1:].reshape(-1, COUNT) for name, values in parts.items()}
    return Shelves(
        store=np.repeat(np.asarray(rows[STORE], int), PAST - 1),
        week=matrix(rows[PAST_WEEKS], PAST)[:, 1:].astype(int).ravel(),
        price=late[PRICES],
        before=parts[PRICES][:, :-1].reshape(-1, COUNT),
        cost=late[COSTS],
        deal=late[ON_DEAL],
        feat=late[IN_AD],
        sold=late[SOLD],
        usual=np.repeat(matrix(rows[USUAL]), PAST - 1, axis=0),
    )


def matrix(lists: Any, size: int = COUNT) -> np.ndarray:
    """Return lists of equal length as an array, shape (n, size)."""
    return np.array([list(values) for values in lists], dtype=float).reshape(-1, size)


def usual_cost(past: Shelves) -> np.ndarray:
    """Return the middle cost of the eight weeks before, shape (n, 11)."""
    return np.asarray(np.median(past.cost.reshape(-1, PAST - 1, COUNT), axis=1))
