"""How many segments?

Trees with two to eight leaves are fitted on the first two days, and judged on the day to choose on.
"""

from __future__ import annotations

import numpy as np

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import online_retail as invoices
from pipelines.segmentation import customers, stability, training
from pipelines.segmentation.columns import CHOICE, DAY
from pipelines.segmentation.divisions import Tree
from pipelines.segmentation.outcomes import targets

ASKED = (2, 3, 4, 5, 6, 7, 8)  # segments
STABLE = 0.8  # the adjusted Rand index of refits, mean over the pairs


def tree(segments: int) -> Line:
    """Return what a tree explains, how alike its refits are, and the share of its smallest leaf."""
    rows = customers.snapshots(invoices.find(settings().data_dir))
    past, day = rows[rows[DAY] < CHOICE], rows[rows[DAY] == CHOICE]
    division = Tree.of(past, segments)
    labels = division.predict(day)
    return {
        "usefulness": float(training.outlook(division, past).told(labels, targets(day)).mean()),
        "stability": float(stability.agreement(stability.refits(past, segments), day).mean()),
        "smallest": float(np.bincount(labels, minlength=division.count).min() / len(labels)),
    }


STUDY = Study(
    measures=[Measure(tree, [{"segments": asked} for asked in ASKED], seeds=0)],
    tables=[
        Table(
            {"segments": "segments"},
            {
                "usefulness": lambda rows: spread(rows["usefulness"]),
                "agreement of refits": lambda rows: spread(rows["stability"]),
                "smallest segment": lambda rows: f"{spread(rows['smallest'], 100, 1)} %",
            },
        )
    ],
)
