"""What was measured is reached, and what is served is what was chosen."""

import json
from pathlib import Path

import pandas as pd
import pytest

from models import ranking
from pipelines.recommender import compare, methods, report, tune
from pipelines.recommender.ranker import PARAMETERS, Hybrid

HERE = Path(compare.__file__).parent


@pytest.fixture(scope="module")
def chosen() -> dict:
    return tune.best(json.loads((HERE / "tune.json").read_text()))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.DataFrame(json.loads((HERE / "compare.json").read_text()))


@pytest.mark.parametrize("name", methods.METHODS)
def test_parameters_are_those_that_were_best_on_validation_data(name, chosen):
    kind = methods.METHODS[name]
    assert (kind.parameters, kind.weighting) == (chosen[name]["parameters"], chosen[name]["weighting"])


def test_ranker_is_the_one_that_was_best_on_validation_data(chosen):
    given = chosen["hybrid"]["parameters"]
    assert (Hybrid().rounds, PARAMETERS["num_leaves"]) == (given["rounds"], given["num_leaves"])


def test_hybrid_is_better_than_each_method_with_each_seed(table):
    own = table[table["split"] == "per person"]
    assert len(own) == 5 * (len(methods.METHODS) + 1)
    assert own.loc[own["method"] == compare.HYBRID, "ndcg"].min() >= 0.145
    assert (own.loc[own["method"] != compare.HYBRID, "low"] > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["popularity", "content", pytest.param(methods.RETRIEVAL, marks=pytest.mark.rotating)])
def test_figure_of_the_readme_is_reached(name, tables, films, table):
    """Over the 671 people, by methods that fit in a second. `python -m pipelines.recommender.compare` measures all."""
    ratings, kind = tables["ratings"], methods.METHODS[name]
    past, tested, relevant = compare.parts(ratings, compare.PROTOCOLS["per person"](ratings), films)
    shown = report.alone(kind.make(**kind.parameters).fit(past, films), tested, kind.weighting)
    published = table[(table["split"] == "per person") & (table["seed"] == 0)].set_index("method").loc[name]
    assert len(tested) == published["people"] == 671
    assert ranking.ndcg(shown, relevant).mean() == pytest.approx(published["ndcg"], abs=0.005)
