"""The README has what the record has, and the record is what formulas and commands say."""

from pathlib import Path

import pytest

from models import study
from pipelines.distributed_training import compare, cost_model, formulas


@pytest.fixture(scope="module")
def record():
    return study.read(compare.FOLDER / "compare.json")


@pytest.fixture(scope="module")
def schemes(record):
    return record[record["part"] == "schemes"].set_index(["scheme", "workers"])


def test_readme_has_the_tables_of_the_record(record):
    readme = (compare.FOLDER / "README.md").read_text()
    for table in compare.tables(record).split("\n\n"):
        assert table in readme


def test_every_scheme_was_measured_on_every_number_of_workers(schemes):
    assert set(schemes.index) == {(name, size) for name in compare.ALL for size in compare.WORKERS}
    assert not Path(compare.FOLDER / "timelines.svg").read_text().count("nan")


def test_exact_schemes_lose_nothing_that_the_gate_would_see(schemes):
    exact = [name for name in compare.ALL if name not in compare.COMPRESSED]
    assert (schemes.loc[exact, "lost_high"] < 0.001).all()


@pytest.mark.parametrize("size", compare.WORKERS)
def test_formulas_are_those_of_the_code(schemes, size):
    facts = formulas.of(compare.PLAN, size)
    for name, formula in formulas.SENT.items():
        assert schemes.loc[(name, size), "sent_formula"] == pytest.approx(formula(facts))
    for name, formula in formulas.HELD.items():
        line = schemes.loc[(name, size)]
        assert line["held_formula"] == pytest.approx(formula(facts))
        if not name.startswith("torch"):
            assert line["held"] == pytest.approx(line["held_formula"], rel=0.15)


def test_predictions_follow_from_the_measurements(record):
    kept = record[record["part"] == "predicted"].set_index("scheme")["predicted"]
    made = {line["scheme"]: line["predicted"] for line in compare.predictions(record[record["part"] == "schemes"], 2)}
    assert made == pytest.approx(dict(kept))


def test_figures_of_gpus_are_those_of_the_model(record):
    kept = record[record["part"] == "gpus"].set_index(["scheme", "workers"])
    for size in compare.GPUS:
        for line in cost_model.on_gpus(size):
            known = kept.loc[(line["scheme"], size)]
            assert {name: known[name] for name in ("held", "computing", "sending")} == pytest.approx(
                {name: line[name] for name in ("held", "computing", "sending")}
            )


def test_a_link_that_is_twice_as_fast_sends_in_half_the_time():
    usual, fast = (list(cost_model.on_gpus(64, cost_model.Machine(between=link))) for link in (50e9, 100e9))
    assert [line["sending"] for line in fast] == pytest.approx([line["sending"] / 2 for line in usual])
