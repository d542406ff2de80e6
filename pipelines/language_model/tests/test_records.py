"""The decoder and the rungs have the settings that the record chose."""

import ast

from capstan.study import find
from capstan.study.record import FILE, Record
from models.ladder.learning import Plan
from pipelines.language_model import training
from pipelines.language_model.studies.compare import ladder
from pipelines.language_model.studies.compare import study as compare

LINES = Record.of(find.folder("language_model", "compare") / FILE).frame()


def test_the_decoder_has_the_best_of_the_cases():
    tried = LINES[LINES["part"] == "tuned"].set_index("case")["nats"]
    best = compare.FIRST | ast.literal_eval(str(tried.idxmin()))
    shape = training.shape()
    assert best == {
        "grams": shape.grams, "grams_dropout": shape.grams_dropout, "dropout": shape.dropout, "decay": Plan(0).decay,
    }  # fmt: skip


def test_the_rungs_have_the_best_rates():
    tried = LINES[LINES["part"] == "rates"].set_index("case")["nats"]
    for name in compare.SIMPLER:
        rates = {rate: tried[f"{name}, rate {rate}"] for rate in compare.RATES}
        assert ladder.RUNGS[name].plan.rate == min(rates, key=rates.__getitem__)
