"""How well does each forecast know what a shelf sells?

Errors of the log of packages a week on the last 26 weeks, and on the thirteen weeks before, which chose the settings;
with 95 % intervals over weeks, paired with least squares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from capstan.contract.intervals import difference
from capstan.study import Line, Measure, Study, Table, ranged
from pipelines.pricing import demand, report, rivals
from pipelines.pricing.shelves import Shelves
from pipelines.pricing.studies import boosting, known
from pipelines.pricing.studies.known import Part
from pipelines.pricing.studies.numbers import number

SERVED = "the demand model"


class Served:
    """The demand model, as the rivals are."""

    def fit(self, rows: Shelves, past: Shelves) -> Served:
        self.forecast = demand.fit(rows, past).forecast
        return self


def forecasts(past: Part, test: Part) -> Iterator[Line]:
    """Yield a line per forecast: errors of the log of packages, and how much more than least squares, over weeks."""
    kinds: dict[str, Any] = {
        rivals.MEAN: rivals.StoreMean,
        rivals.SIMPLE: rivals.LeastSquares,
        boosting.NAME: boosting.Boosting,
        SERVED: Served,
    }
    logs = {rivals.LAST: rivals.last_week(test[1])}
    logs |= {name: kind().fit(*past).forecast(*test) for name, kind in kinds.items()}
    errors = {name: report.errors(guess, test[0]) for name, guess in logs.items()}
    for name, own in errors.items():
        line: Line = {"forecast": name}
        for metric in own:
            line[metric] = float(own[metric].mean())
            less = difference(own[metric].to_numpy(), errors[rivals.SIMPLE][metric].to_numpy())
            line |= dict(zip((f"{metric}_more", f"{metric}_more_low", f"{metric}_more_high"), less, strict=True))
        yield line


def test() -> Iterator[Line]:
    """Yield the lines of the last 26 weeks."""
    return forecasts(*known.parts())


def validation() -> Iterator[Line]:
    """Yield the lines of the thirteen weeks before."""
    return forecasts(known.parts(known.VALIDATION)[0], known.until(known.parts()[0]))


ERRORS = {
    "all": number("mae", 3),
    "more than least squares": ranged("mae_more", 3),
    "price moved": number("mae_moved", 3),
    "more there": ranged("mae_moved_more", 3),
}
STUDY = Study(
    measures=[Measure(test, seeds=0), Measure(validation, seeds=0)],
    tables=[
        Table({"the last 26 weeks": "forecast"}, ERRORS, "test"),
        Table({"the thirteen weeks before": "forecast"}, ERRORS, "validation"),
    ],
)
