"""The code has what the record chose."""

import pandas as pd
import pytest

from capstan.study.find import folder
from capstan.study.record import FILE, Record
from pipelines.segmentation import choice, forecasts
from pipelines.segmentation.studies.tune import study as tune


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return Record.of(folder("segmentation", "compare") / FILE).frame()


def test_choice_is_the_one_that_the_candidates_on_record_lead_to(table):
    record = table[(table["part"] == "candidates") & (table["method"] == "k-means")]
    eligible = record["stability"].ge(choice.STABLE) & record["smallest"].ge(choice.SMALLEST)
    assert (record["eligible"] == eligible).all()
    chosen = record[record["chosen"].eq(True)]
    judged = table[table["part"].isin(["test"]) & (table["division"] == "segments")]
    assert chosen.set_index("seed")["asked"].to_dict() == judged.set_index("seed")["asked"].to_dict()


def test_penalty_is_on_record_and_about_as_good_as_the_best():
    told = Record.of(folder("segmentation", "tune") / FILE).frame().groupby("penalty")["usefulness"].mean()
    assert list(told.index) == list(tune.PENALTIES) and told.max() - told[forecasts.PENALTY] < 0.005
