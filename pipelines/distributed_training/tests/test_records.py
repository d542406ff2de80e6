"""The results of the studies are what formulas and code give, and the code has what they chose."""

from itertools import product

import pytest

from capstan.study import find
from capstan.study.record import FILE, Record
from models.parallel import cost_model, formulas
from models.parallel.decoder_plan import DecoderPlan
from pipelines.distributed_training.studies.schemes import study as schemes
from pipelines.distributed_training.studies.search import curves
from pipelines.distributed_training.studies.search import study as search
from pipelines.distributed_training.studies.tune import study as tune


def lines(question):
    """Return the lines of a record."""
    return Record.of(find.folder("distributed_training", question) / FILE).frame()


@pytest.mark.parametrize(("part", "plan"), [("schemes", schemes.PLAN), ("digits", schemes.DIGITS)])
def test_bytes_are_those_of_the_formulas(part, plan):
    record = lines("schemes").query("part == @part")
    known = {workers: formulas.of(plan, workers) for workers in schemes.WORKERS}
    for line in record.itertuples():
        facts = known[line.workers]
        if line.scheme in formulas.SENT:
            assert line.sent_formula == pytest.approx(formulas.SENT[line.scheme](facts))
        if line.scheme in formulas.HELD:
            assert line.held_formula == pytest.approx(formulas.HELD[line.scheme](facts))
            assert line.scheme.startswith("torch") or line.held == pytest.approx(line.held_formula, rel=0.15)


def test_figures_of_gpus_are_those_of_the_model():
    record = lines("schemes").query("part == 'gpus'").set_index(["scheme", "workers"])
    for workers in schemes.GPUS:
        for line in cost_model.on_gpus(workers):
            known = record.loc[(line["scheme"], workers)]
            for name in ("held", "computing", "sending"):
                assert known[name] == pytest.approx(line[name])


def test_a_link_that_is_twice_as_fast_sends_in_half_the_time():
    usual, fast = (list(cost_model.on_gpus(64, cost_model.Machine(between=link))) for link in (50e9, 100e9))
    assert [line["sending"] for line in fast] == pytest.approx([line["sending"] / 2 for line in usual])


def test_the_rate_is_the_one_that_was_best():
    assert tune.FAMILIES.best(lines("tune"), "decoder") == {"rate": DecoderPlan().rate}


def test_recorded_curves_are_those_of_the_network():
    known = curves.read()
    assert len(known.losses) == curves.TRIALS and {len(losses) for losses in known.losses} == {curves.STEPS}
    learns = [trial for trial, losses in enumerate(known.losses) if max(losses) == losses[0]]
    for trial in (learns[0], max(learns, key=lambda trial: known.losses[trial][-1])):
        assert curves.curve(known.parameters[trial]) == pytest.approx(known.losses[trial], rel=0.01)
    # Steps that are too large multiply what processors round differently: the losses differ, and are as bad.
    diverges = max(range(curves.TRIALS), key=lambda trial: known.losses[trial][-1])
    first, *_, last = curves.curve(known.parameters[diverges])
    assert first == pytest.approx(known.losses[diverges][0], rel=0.01) and last > first


def test_times_on_many_workers_are_those_of_the_curves():
    record = lines("search").query("part == 'workers'").set_index(["method", "workers", "seed"])
    names = ("random search", "ASHA", "ASHA, stopping", "Hyperband")  # population-based training has no curves
    for name, workers in product(names, search.WORKERS):
        line = search.workers(name, workers, 0)
        for measure in ("time", "busy", "loss"):
            assert record.loc[(name, workers, 0), measure] == pytest.approx(line[measure])
