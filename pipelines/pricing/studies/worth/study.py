"""What are the proposed prices worth, and do they stay where the data are?

What prices are expected to gain in the week after the last one, compared with simple rules (`served.py`), whether they
run away when they are asked again, and what their gain was on the last 26 weeks, off-policy (`value.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged
from pipelines.pricing.columns import NUMBER, PAST_WEEKS, STORE
from pipelines.pricing.studies import known
from pipelines.pricing.studies.numbers import number, pair
from pipelines.pricing.studies.worth import served, value


def logged(name: str) -> Line:
    """Return the gain of a policy over usual prices on the last 26 weeks, one brand at a time."""
    of, (past, test) = known.model(), known.parts()
    rows = known.joined(settings().data_dir)
    rows = rows[rows[PAST_WEEKS].notna()].set_index([STORE, NUMBER])
    asked = [rows.loc[pair].to_dict() | {STORE: pair[0]} for pair in zip(test[0].store, test[0].week, strict=True)]
    prices = [served.asked(of, of.shelf(request), name) for request in asked]
    return value.line(of.demand, past, test, np.array(prices))


def yes(rows: pd.DataFrame) -> str:
    """Return whether a brand may move."""
    return "yes" if rows["may_move"].iloc[0] else "no"


STUDY = Study(
    measures=[
        Measure(served.policy, [{"name": name} for name in served.POLICIES], seeds=0),
        Measure(served.again, seeds=0),
        Measure(served.bands, seeds=0),
        Measure(served.baskets, seeds=0),
        Measure(served.shares, seeds=0),
        Measure(logged, [{"name": name} for name in (served.RAISE, served.BELIEVE, served.SERVED)], seeds=0),
    ],
    tables=[
        Table(
            {"prices": "name"},
            {
                "gain by the model, $ a week and store": number("by_model", 1),
                "gain expected to come true": ranged("gain", 1),
                "stores whose interval is above zero": number("sure", 3),
                "stores with a change": number("moved", 3),
                "at the highest price": number("top", 3),
            },
            "policy",
        ),
        Table(
            {"asked with its own answer": "asked"},
            {
                "stores": number("stores", 0),
                "price by the first answer": number("mean", 3),
                "highest store": number("highest", 3),
            },
            "again",
        ),
        Table({"band of 80 % of profit": "weeks"}, {"shelves inside": ranged("inside", 3)}, "bands"),
        Table(
            {"shelves whose basket cost more than usual": "basket"},
            {"all": number("more", 3), "by more than 2 %": number("much_more", 3)},
            "baskets",
        ),
        Table(
            {"share that came true": "brand"},
            {
                "held-out year": pair("share", "share_error"),
                "may move": yes,
                "last 26 weeks": pair("later", "later_error"),
            },
            "shares",
        ),
        Table(
            {"the last 26 weeks": "name"},
            {
                "brands moved": number("moved", 2),
                "worth of the rows": number("worth", 0),
                "gain by the model": ranged("model", 1),
                "doubly robust": ranged("doubly_robust", 1),
            },
            "logged",
        ),
    ],
)
