"""The README has what the record of the searches has, and the record is what they do."""

from itertools import product

import pytest

from models import study
from models.search import SEARCHES
from pipelines.distributed_training import learning_curves as curves
from pipelines.distributed_training import searching


@pytest.fixture(scope="module")
def record():
    return study.read(searching.FOLDER / "searching.json")


def test_readme_has_the_tables_of_the_record(record):
    readme = (searching.FOLDER / "README.md").read_text()
    for table in searching.tables(record).split("\n\n"):
        assert table in readme


def test_every_search_was_measured_with_five_seeds(record):
    lines = {(line.part, line.method, line.workers, line.seed) for line in record.itertuples()}
    assert lines == {("budget", name, 1, seed) for name, seed in product(searching.METHODS, range(5))} | {
        ("workers", *case) for case in product(SEARCHES, searching.WORKERS, range(5))
    }


def test_recorded_curves_are_those_of_the_network():
    known = curves.read()
    assert len(known.losses) == curves.TRIALS and {len(losses) for losses in known.losses} == {curves.STEPS}
    learns = [trial for trial, losses in enumerate(known.losses) if max(losses) == losses[0]]
    for trial in (learns[0], max(learns, key=lambda trial: known.losses[trial][-1])):
        assert curves.curve(known.parameters[trial]) == pytest.approx(known.losses[trial], rel=0.01)
    # Steps that are too large multiply what one processor rounds otherwise than another: not the same losses, as bad.
    diverges = max(range(curves.TRIALS), key=lambda trial: known.losses[trial][-1])
    first, *_, last = curves.curve(known.parameters[diverges])
    assert first == pytest.approx(known.losses[diverges][0], rel=0.01) and last > first


def test_times_on_many_workers_are_those_of_the_curves(record):
    kept = record[record["part"] == "workers"].set_index(["method", "workers", "seed"])
    names = ("random search", "ASHA", "ASHA, stopping", "Hyperband")  # population-based training has no curves
    for name, workers in product(names, searching.WORKERS):
        line = searching.on_workers(name, workers, 0, curves.read())
        for measure in ("time", "busy", "loss"):
            assert kept.loc[(name, workers, 0), measure] == pytest.approx(line[measure])


def test_rays_asha_finds_what_ours_finds_with_its_rule(record):
    found = record[record["part"] == "budget"].set_index(["method", "seed"])["loss"]
    assert (found["ASHA, stopping"] == found["Ray's ASHA"]).all()
