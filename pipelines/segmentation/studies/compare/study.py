"""How useful are the segments, compared with simple rivals and a division of a cloud without groups?

- test: the segments, their rivals, and a forecast for each customer, on the quarter that nothing was chosen on;
- early: the same a month earlier, on days on which nothing was tuned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import online_retail as invoices
from pipelines.segmentation import customers, report, training
from pipelines.segmentation.columns import CHOICE, DAY, DAYS, OUTCOMES, SEGMENTS
from pipelines.segmentation.studies.compare import rivals

# A month earlier, so that the quarter that is explained ends in November. The first is the first with a year before it.
EARLY = ["2010-12-01", "2011-02-08", "2011-05-10", "2011-08-09", "2011-11-08"]
METRICS = [*OUTCOMES, "usefulness"]


def judge(rows: pd.DataFrame, seed: int) -> Iterator[Line]:
    """Yield a line for the segments and for each rival: means, and by how much the segments are better, with 95%.

    rows: of five days, named as DAYS.
    """
    past, (now, later) = rows[rows[DAY] <= CHOICE].reset_index(drop=True), report.days(rows[rows[DAY] > CHOICE])
    model = training.fit(past, seed, SEGMENTS)
    own = report.by_customer(model.division, model.outlook, now, later)
    others = {name: report.by_customer(*rival, now, later) for name, rival in model.rivals.items()}
    for name, division in rivals.simple(past, model.division.count, seed).items():
        others[name] = report.by_customer(division, training.outlook(division, past), now, later)
    others |= {name: rivals.forecast(past, now, model_name) for name, model_name in rivals.FORECASTS.items()}
    ranking = rivals.ranking(past, now, model)
    others["the score as such"] = rivals.of_score(past, now)
    for name, units in {"segments": own, **others}.items():
        line: Line = {"division": name, **units.mean().to_dict(), "roc_auc": ranking.get(name)}
        for metric in units.columns if name != "segments" else []:
            gain = difference(own[metric].to_numpy(), units[metric].to_numpy())
            line |= {f"{metric}_better": gain.mean, f"{metric}_low": gain.low, f"{metric}_high": gain.high}
        yield line


def test(seed: int) -> Iterator[Line]:
    """Yield the lines of the test."""
    with threadpool_limits(1):  # the points are few: threads would wait for each other
        yield from judge(customers.snapshots(invoices.find(settings().data_dir)), seed)


def early(seed: int) -> Iterator[Line]:
    """Yield the lines of a month earlier."""
    rows = customers.snapshots(invoices.find(settings().data_dir), EARLY)
    with threadpool_limits(1):
        yield from judge(rows.replace({DAY: dict(zip(EARLY, DAYS, strict=True))}), seed)


Show = Callable[[pd.DataFrame], str]


def number(name: str, digits: int = 3) -> Show:
    """Return what shows a field, where all lines have it."""
    return lambda rows: "" if rows[name].isna().any() else spread(rows[name], digits=digits)


def better(rows: pd.DataFrame) -> str:
    """Return the widest interval of what the segments explain more."""
    low, high = rows["usefulness_low"].min(), rows["usefulness_high"].max()
    return "" if np.isnan(low) else f"{low:+.3f} to {high:+.3f}"


JUDGED: dict[str, Show] = {name: number(name) for name in METRICS} | {
    "segments explain more by (95 %)": better,
    "staying": number("staying"),
    "ROC AUC of buying": number("roc_auc"),
}
STUDY = Study(
    measures=[Measure(test), Measure(early)],
    tables=[Table({"the test": "division"}, JUDGED, "test"), Table({"a month earlier": "division"}, JUDGED, "early")],
)
