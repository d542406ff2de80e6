"""The file, and what belongs together."""

import numpy as np
import pandas as pd
import pytest

from capstan.errors import CapstanError
from pipelines.sentiment import data, task, training
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_parquet(data.find(DATA_DIR))


def test_file_has_the_snippets_of_the_paper(raw):
    assert raw["source"].value_counts().to_dict() == {"movie": 10_605, "nyt": 5_190, "tweet": 4_200, "amazon": 3_708}
    assert raw["valence"].between(-4, 4).all()


def test_snippets_keep_the_contract(tables):
    rows = tables["snippets"]
    pd.testing.assert_frame_equal(task.contracts()["snippets"].validate(rows), rows)
    assert not rows["text"].str.contains("&amp;|&lt;", regex=True).any()


def test_what_belongs_together_is_on_one_side(parts):
    past, test = (part["snippets"] for part in parts)
    assert not set(past["unit"]) & set(test["unit"])
    assert len(test) / (len(past) + len(test)) == pytest.approx(0.25, abs=0.1)
    for fitted, held in training.folds(past["unit"].to_numpy(), seed=0):
        assert not set(past["unit"].iloc[fitted]) & set(past["unit"].iloc[held])


def test_documents_and_copies_are_units():
    texts = [
        "The lens is sharp.", "It came late.", "It came late!", "A dull film about nothing at all.", "Another one.",
        "A dull film about nothing at all!", "The city council met on Monday night again.", "!", ":)",
    ]  # fmt: skip
    sources = ["amazon", "amazon", "amazon", "movie", "movie", "tweet", "nyt", "amazon", "tweet"]
    ids = ["1_1", "1_2", "2_1", "7", "8", "9", "1_1", "3_1", "10"]
    units = data.units(sources, ids, texts).tolist()
    assert units[0] == units[1] == units[2] and units[3] == units[5]
    assert len(set(units)) == 6


def test_planted_copy_of_a_test_snippet_is_not_learned_from(tables, parts, raw):
    """A copy with other signs and another label, as another film."""
    rows, test = tables["snippets"], parts[1]["snippets"]
    copied = test[test["source"] == "movie"].iloc[0]
    texts = [*rows["text"], copied["text"].upper() + "!!"]
    units = data.units([*rows["source"], "movie"], [*map(str, range(len(rows))), "planted"], texts)
    assert units[-1] == units[rows.index[rows["row"] == copied["row"]][0]]


def test_order_of_the_rows_has_no_part_in_the_split(tables, parts):
    again = task.split({"snippets": tables["snippets"].sample(frac=1, random_state=0)})
    assert set(again[1]["snippets"]["row"]) == set(parts[1]["snippets"]["row"])


def test_missing_and_other_files_are_named(tmp_path, monkeypatch):
    pd.DataFrame({"text": ["one"]}).to_parquet(tmp_path / data.FILE)
    with pytest.raises(CapstanError, match="lacks the columns id, source, valence"):
        data.snippets(data.find(tmp_path))
    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / "home"))
    with pytest.raises(CapstanError, match="is missing"):
        data.find(tmp_path / "nowhere")


def test_one_snippet_is_too_few(tables):
    with pytest.raises(CapstanError, match="too few"):
        task.split({"snippets": tables["snippets"].head(1)})


def test_residuals_of_a_rare_source_are_those_of_all():
    held, sources = np.arange(50.0), np.array(["movie"] * 45 + ["nyt"] * 5)
    residuals = training.residuals(held, sources)
    assert len(residuals["movie"]) == 45 and len(residuals["nyt"]) == len(residuals["tweet"]) == 50
