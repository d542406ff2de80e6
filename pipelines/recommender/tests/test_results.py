"""The code has what the record chose, and the figures of the README are reached."""

import pandas as pd
import pytest

from capstan.study.find import folder
from capstan.study.record import FILE, Record
from pipelines.recommender import methods, protocol, report
from pipelines.recommender.methods import METHODS, SERVED
from pipelines.recommender.studies.compare import study as compare
from pipelines.recommender.studies.tune import study as tune
from pipelines.recommender.studies.tune.ranker import PARAMETERS, TwoStages

OTHERS = [name for name in METHODS if name != SERVED]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return Record.of(folder("recommender", "compare") / FILE).frame()


@pytest.mark.parametrize("name", OTHERS)
def test_parameters_are_those_that_were_best_on_validation_data(name):
    kind, best = METHODS[name], tune.best(tune.lines())["random fifth", name]
    assert (kind.parameters, kind.weighting) == (best["parameters"], best["weighting"])


def test_what_is_served_is_best_in_both_splits_and_for_short_histories():
    kind, chosen = METHODS[SERVED], tune.served(tune.lines())
    assert (kind.parameters, kind.weighting) == (chosen["parameters"], chosen["weighting"])


def test_ranker_is_the_one_that_was_best_on_validation_data():
    parameters = tune.best(tune.lines())["random fifth", compare.STAGES]["parameters"]
    assert (TwoStages().rounds, PARAMETERS["num_leaves"]) == (parameters["rounds"], parameters["num_leaves"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["popularity", "content", pytest.param(compare.LONG, marks=pytest.mark.rotating)])
def test_figure_of_the_readme_is_reached(name, tables, films, table):
    """Over the 671 people, by methods that fit in a second. `capstan study recommender compare` measures all."""
    test = report.HeldOut(protocol.people(tables["ratings"]), films)
    scores = test.of(methods.one(name, test.past, films), METHODS[name].weighting)["ndcg"]
    split = table[(table["split"] == "random fifth") & (table["seed"] == 0)].set_index("method")
    published = split.loc[compare.NAME.get(name, name)]
    assert len(scores) == published["people"] == 671
    assert scores.mean() == pytest.approx(published["ndcg"], abs=0.005)
