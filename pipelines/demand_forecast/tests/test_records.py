"""The code has what the record chose."""

from capstan.study import find
from capstan.study.record import FILE, Record
from pipelines.demand_forecast.forecasters import WEIGHTS


def test_weights_are_those_of_the_record_but_for_a_tenth():
    cells = Record.of(find.folder("demand_forecast", "tune") / FILE).cells
    (line,) = next(cell["lines"] for cell in cells if cell["measure"] == "weights")
    for name, best in {"without": line["weights"], "known": line["weights_known"]}.items():
        assert max(abs(best[member] - share) for member, share in WEIGHTS[name].items()) <= 1
