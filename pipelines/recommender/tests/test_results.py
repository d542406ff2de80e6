"""What was measured is reached, and what is served is what was chosen."""

from pathlib import Path

import pandas as pd
import pytest

from models import study
from pipelines.recommender import compare, methods, protocol, report, tune
from pipelines.recommender.methods import METHODS, SERVED
from pipelines.recommender.ranker import PARAMETERS, TwoStages

HERE = Path(compare.__file__).parent
OTHERS = [name for name in METHODS if name != SERVED]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return study.read(HERE / "compare.json")


@pytest.mark.parametrize("name", OTHERS)
def test_parameters_are_those_that_were_best_on_validation_data(name):
    kind, best = METHODS[name], tune.best(tune.lines())["random fifth", name]
    assert (kind.parameters, kind.weighting) == (best["parameters"], best["weighting"])


def test_what_is_served_is_best_in_both_splits_of_the_validation_data():
    kind, chosen = METHODS[SERVED], tune.served(tune.lines())
    assert (kind.parameters, kind.weighting) == (chosen["parameters"], chosen["weighting"])


def test_ranker_is_the_one_that_was_best_on_validation_data():
    given = tune.best(tune.lines())["random fifth", compare.STAGES]["parameters"]
    assert (TwoStages().rounds, PARAMETERS["num_leaves"]) == (given["rounds"], given["num_leaves"])


@pytest.mark.parametrize("split", compare.PROTOCOLS)
def test_no_method_is_better_than_what_is_served(split, table):
    """Each interval of the difference reaches above zero, with each seed."""
    own = table[table["split"] == split]
    assert len(own) == 5 * (len(METHODS) + 1)
    assert (own.loc[own["method"] != compare.NAME[SERVED], "high"] > 0).all()


def test_the_readme_has_the_table(table):
    assert compare.tables(table) in (HERE / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["popularity", "content", pytest.param(SERVED, marks=pytest.mark.rotating)])
def test_figure_of_the_readme_is_reached(name, tables, films, table):
    """Over the 671 people, by methods that fit in a second. `python -m pipelines.recommender.compare` measures all."""
    test = report.HeldOut(protocol.people(tables["ratings"]), films)
    scores = test.of(methods.one(name, test.past, films), METHODS[name].weighting)["ndcg"]
    split = table[(table["split"] == "random fifth") & (table["seed"] == 0)].set_index("method")
    published = split.loc[compare.NAME.get(name, name)]
    assert len(scores) == published["people"] == 671
    assert scores.mean() == pytest.approx(published["ndcg"], abs=0.005)
