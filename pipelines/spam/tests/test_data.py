"""The messages: their contract, where the file comes from, and what a request may be."""

import zipfile

import pandas as pd
import pytest
from pydantic import ValidationError

from capstan.errors import CapstanError
from data_sets import sms as data
from models.text import near_copies
from pipelines.spam import task
from pipelines.spam.schema import MOST
from tests.support.data import DATA_DIR


def test_the_messages_keep_their_contract(tables):
    rows = tables["messages"]
    assert task.count(tables) == {"messages": 5574, "distinct": 5171, "spam": 747}
    task.contracts()["messages"].validate(rows)
    assert not rows["text"].str.contains("&lt;|&amp;").any() and rows["text"].str.contains("<#>").any()


def test_archive_of_uci_is_read_as_the_parquet_file_is(tables, tmp_path):
    """A stand-in with the format of the archive. Its lines have quotation marks, as the collection has."""
    raw = pd.read_parquet(data.find(DATA_DIR))
    lines = "".join(f"{label}\t{text}\n" for label, text in zip(raw["label"], raw["text"], strict=True))
    with zipfile.ZipFile(tmp_path / data.ARCHIVE, "w") as archive:
        archive.writestr(data.MEMBER, lines)
        archive.writestr("readme", "of the collection")
    pd.testing.assert_frame_equal(data.messages(data.find(tmp_path)), tables["messages"])


def test_another_file_is_named(tmp_path):
    (tmp_path / data.ARCHIVE).write_bytes(b"<html>moved</html>")
    with pytest.raises(CapstanError, match="no archive with SMSSpamCollection"):
        task.load(tmp_path)
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / data.FILE)
    with pytest.raises(CapstanError, match="lacks the columns label"):
        task.load(tmp_path)


def test_near_copies_and_copies_are_on_one_side(tables, parts):
    past, test = (part["messages"] for part in parts)
    assert len(past) + len(test) == 5171 and not set(past["text"]) & set(test["text"])
    both = pd.concat([past, test], ignore_index=True)
    groups = near_copies.groups(both["text"].tolist())
    assert not set(groups[: len(past)]) & set(groups[len(past) :])
    assert len(set(groups.tolist())) < len(both) - 200


def test_planted_near_copy_goes_where_its_group_is(tables, parts):
    """A copy of a message to test on, with another number in it, would give it away."""
    test = parts[1]["messages"]
    old = test[test["text"].str.contains(r"0\d{9}") & (test["text"].str.len() > 100)].head(20)
    planted = old.assign(text=old["text"].str.replace("0", "7"), number=range(10_000, 10_000 + len(old)))
    again = task.split({"messages": pd.concat([planted, tables["messages"]], ignore_index=True)})
    assert set(planted["number"]) <= set(again[1]["messages"]["number"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": 7}, "valid string"),
        ({"text": ""}, "at least 1"),
        ({"text": " \n"}, "blank"),
        ({"text": "a" * (MOST + 1)}, "at most 1000"),
        ({"text": None}, "valid string"),
        ({}, "required"),
        ({"text": "hi", "from": "me"}, "not permitted"),
        ({"text": "hi", "received_at": "2026-11-26T12:00:00"}, "timezone"),
    ],
)
def test_request_that_is_wrong_says_what_is_allowed(given, said):
    with pytest.raises(ValidationError) as error:
        task.Request(**given)
    [problem] = error.value.errors()
    assert said in problem["msg"] or said in problem["type"]
