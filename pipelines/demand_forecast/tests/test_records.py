"""The code has what the record chose."""

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.demand_forecast.forecasters import WEIGHTS


def test_weights_are_those_of_the_record():
    cells = Record.of(find.folder("demand_forecast", "tune") / FILE).cells
    (line,) = next(cell["lines"] for cell in cells if cell["measure"] == "weights")
    assert {"without": line["weights"], "known": line["weights_known"]} == WEIGHTS
