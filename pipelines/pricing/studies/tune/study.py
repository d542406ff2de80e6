"""Which settings do the demand model and the trees get, on weeks before those that test?

The errors on two quarters, 109 to 121 and 122 to 134, each learned from the weeks before; the code has the setting of
each family with the least mean error.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from capstan.study import Choices, Line, Measure, Study, spread
from capstan.study.choices import Setting
from pipelines.pricing import demand, report, task
from pipelines.pricing.demand import Settings
from pipelines.pricing.studies import boosting, known
from pipelines.pricing.studies.known import Part

QUARTERS, LENGTH = (task.TEST_FROM - 26, task.TEST_FROM - 13), 13  # weeks
FAMILIES = Choices({
    "demand": (Settings, {"waves": (0, 1, 2), "half_life": (2.0, 4.0, 8.0), "carried": (0.3, 0.5, 0.7)}),
    "trees": (
        boosting.Boosting,
        {"num_leaves": (4, 8, 31), "n_estimators": (100, 300), "min_child_samples": (20, 100)},
    ),
}, score="mae", lowest=True)  # fmt: skip


def parts(past: Part, quarter: int) -> tuple[Part, Part]:
    """Return the weeks before one of the two quarters, and those of it."""
    week, first = past[0].week, QUARTERS[quarter]
    return known.taken(past, week < first), known.taken(past, (week >= first) & (week < first + LENGTH))


@cache
def fitted(quarter: int, waves: int) -> demand.Demand:
    """Return the demand with so many waves, of the weeks before a quarter."""
    return demand.fit(*parts(known.parts()[0], quarter)[0], Settings(waves=waves))


def errors(family: str, setting: Setting, quarter: int) -> dict[str, float]:
    """Return the errors of a setting on a quarter."""
    past, test = parts(known.parts()[0], quarter)
    if family == "demand":
        model: demand.Demand | boosting.Boosting = replace(
            fitted(quarter, setting["waves"]), settings=Settings(**setting)
        )
    else:
        model = boosting.Boosting(**setting).fit(*past)
    found = report.errors(model.forecast(*test), test[0])
    return {name: float(column.mean()) for name, column in found.items()}


def score(family: str, setting: str, seed: int) -> Line:
    """Return the errors of a family with a setting. seed: the quarter."""
    return errors(family, FAMILIES.setting(family, setting), seed)


STUDY = Study(
    measures=[Measure(score, FAMILIES.cases())],
    tables=[
        FAMILIES.table({
            "error": lambda rows: spread(rows["mae"]),
            "where the price moved": lambda rows: spread(rows["mae_moved"]),
        })
    ],
    seeds=len(QUARTERS),
)  # fmt: skip
