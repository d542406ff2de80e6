"""What the README claims is what was measured."""

import json
from pathlib import Path

import pandas as pd
import pytest

from models import study
from pipelines.segmentation import choice, compare, forecasts, nulls, report, tune

HERE = Path(compare.__file__).parent


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return study.read(HERE / "compare.json")


@pytest.mark.parametrize("part", ["test", "early"])
def test_segments_are_better_than_the_score_and_data_without_structure_with_each_seed(part, table):
    own = table[table["part"] == part]
    assert own["seed"].nunique() == 5
    compared = own[own["division"].isin([report.SCORE, *nulls.NULLS])]
    assert (compared["usefulness_low"] > 0).all()
    assert (compared.loc[compared["division"] == report.SCORE, "staying_low"] > 0).all()


def test_score_ranks_buyers_better_as_the_readme_says(table):
    ranked = table[table["part"].isin(["test", "early"])].groupby(["part", "division"])["roc_auc"].mean().unstack()
    assert (ranked["the score as such"] > ranked["segments"] + 0.02).all()


def test_no_clusters_are_found_in_what_is_divided(table):
    shapes = table[(table["part"] == "structure") & (table["points"] == "forecasts")]
    assert (shapes.loc[shapes["data"].isin(["copula", "one Gaussian"]), "clusters"] == 1).all()


def test_choice_is_the_one_that_the_candidates_on_record_lead_to(table):
    record = table[(table["part"] == "candidates") & (table["method"] == "k-means")]
    eligible = record["stability"].ge(choice.STABLE) & record["smallest"].ge(choice.SMALLEST)
    assert (record["eligible"] == eligible).all()
    chosen = record[record["chosen"].eq(True)]
    judged = table[table["part"].isin(["test"]) & (table["division"] == "segments")]
    assert chosen.set_index("seed")["asked"].to_dict() == judged.set_index("seed")["asked"].to_dict()


def test_penalty_is_on_record_and_about_as_good_as_the_best():
    told = pd.DataFrame(json.loads(tune.FILE.read_text())).groupby("penalty")["usefulness"].mean()
    assert list(told.index) == list(tune.PENALTIES) and told.max() - told[forecasts.PENALTY] < 0.005
