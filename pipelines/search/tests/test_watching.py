"""What monitoring notices: queries in another language alarm, other claims in another order do not."""

import pandas as pd
import pytest

from capstan.inputs import weights_files
from data_sets import scifact
from pipelines.search import task, training
from pipelines.search.ranking import CHOSEN
from tests.support import watched
from tests.support.data import DATA_DIR

GERMAN = [
    "Wo finde ich eine gute Pizza in der Nähe?", "Wann fährt der letzte Zug nach Hamburg?", "Wetter morgen in Berlin",
    "billige Flüge nach Mallorca", "Rezept für Apfelkuchen mit Streuseln", "Öffnungszeiten vom Schwimmbad",
]  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> dict:
    return task.load(DATA_DIR)


@pytest.fixture(scope="module")
def served(tables):
    """A model of the shortest abstracts that claims cite."""
    cited = tables["abstracts"][tables["abstracts"]["key"].isin(" ".join(tables["claims"]["relevant"]).split())]
    short = cited.loc[cited["text"].str.len().sort_values().index[:40]].reset_index(drop=True)
    return training.fit(short, weights_files.fetch_all(task.WEIGHTS), CHOSEN)


@pytest.fixture(scope="module")
def reference(served, tables) -> pd.DataFrame:
    return task.signals(served, {"claims": tables["claims"].sample(150, random_state=0)})


def test_other_claims_in_another_order_are_harmless(served, tables, reference):
    others = tables["claims"].drop(tables["claims"].sample(150, random_state=0).index).sample(75, random_state=1)
    assert watched.alarms("search", reference, task.signals(served, {"claims": others})) == set()


def test_queries_that_are_no_claims_alarm(served, reference):
    """As where a form on another page, or in another language, sends its queries here."""
    live = pd.concat([task.signals(served, {"claims": pd.DataFrame({"text": GERMAN})})] * 50, ignore_index=True)
    assert {("drift", "known"), ("drift", "nearest")} <= watched.alarms("search", reference, live)


def test_data_are_read_as_the_contract_has_them(tables):
    for name, contract in task.contracts().items():
        contract.validate(tables[name])
    past, test = task.split(tables)
    assert len(past["claims"]) == 807 and len(test["claims"]) == 300
    assert task.count(tables) == {"abstracts": 5_183, "claims": 1_107}
    assert set(scifact.files(DATA_DIR)) >= {"scifact/queries.jsonl"}
