"""The README has what the record has, and the record is what formulas and commands say."""

from pathlib import Path

import pytest

from models import study
from models.parallel.decoder_plan import DecoderPlan
from pipelines.distributed_training import compare, cost_model, formulas, served, tune
from pipelines.distributed_training.measuring import SERVERS


@pytest.fixture(scope="module")
def record():
    return study.read(compare.FOLDER / "compare.json")


@pytest.fixture(scope="module")
def schemes(record):
    return record[record["part"] == "schemes"].set_index(["scheme", "workers"])


@pytest.fixture(scope="module")
def digits(record):
    return record[record["part"] == "digits"].set_index(["scheme", "workers"])


def test_readme_has_the_tables_of_the_record(record):
    readme = (compare.FOLDER / "README.md").read_text()
    for table in compare.tables(record).split("\n\n"):
        assert table in readme


def test_every_scheme_was_measured_on_every_number_of_workers(schemes, digits):
    assert set(schemes.index) == {(name, size) for name in [*compare.ALL, *SERVERS] for size in compare.WORKERS}
    assert set(digits.index) == {(name, size) for name in [*compare.FOR_ANY, *SERVERS] for size in compare.SHARED}
    assert not Path(compare.FOLDER / "timelines.svg").read_text().count("nan")


def test_exact_schemes_lose_nothing_that_the_gate_would_see(schemes, digits):
    for lines, most in ((schemes, 0.001), (digits, 0.01)):
        exact = ~lines.index.get_level_values("scheme").isin([*compare.COMPRESSED, "asynchronous server"])
        assert (lines.loc[exact, "lost_high"] < most).all()


def test_formulas_are_those_of_the_code(schemes, digits):
    for plan, lines in ((compare.PLAN, schemes), (compare.DIGITS, digits)):
        known = {size: formulas.of(plan, size) for size in compare.WORKERS}
        for (name, size), line in lines.iterrows():
            facts = known[size]
            if name in formulas.SENT:
                assert line["sent_formula"] == pytest.approx(formulas.SENT[name](facts))
            if name in formulas.HELD:
                assert line["held_formula"] == pytest.approx(formulas.HELD[name](facts))
            if name in formulas.HELD and not name.startswith("torch"):
                assert line["held"] == pytest.approx(line["held_formula"], rel=0.15), name


def test_readme_says_what_the_served_decoder_is_worth():
    assert served.tables(study.read(served.FOLDER / "served.json")) in (compare.FOLDER / "README.md").read_text()


def test_the_rate_is_the_one_that_was_best():
    results = study.read(tune.FOLDER / "tune.json")
    assert tune.FAMILIES.best(results, "decoder") == {"rate": DecoderPlan().rate}
    assert tune.tables(results) in (compare.FOLDER / "README.md").read_text()


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
