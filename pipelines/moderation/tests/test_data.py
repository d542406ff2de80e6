"""The files, what belongs together, and that no copy of what is tested on is learned from."""

import pandas as pd
import pytest

from capstan.errors import CapstanError
from pipelines.moderation import data, learned, task
from pipelines.moderation.studies.compare import sentences
from tests.support.data import DATA_DIR


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return pd.read_parquet(data.find(DATA_DIR))


def test_counts_are_those_of_the_publication(raw):
    assert len(raw) == 24_783
    assert raw["class"].value_counts().to_dict() == {1: 19_190, 2: 4_163, 0: 1_430}
    assert (raw[list(data.COLUMNS[:3])].sum(axis=1) == raw["annotators"]).all()


def test_class_of_the_file_is_what_most_annotators_said(raw):
    assert (raw[list(data.COLUMNS[:3])].to_numpy().argmax(axis=1) == raw["class"]).all()


def test_rows_keep_the_contract(tables):
    task.contracts()["tweets"].validate(tables["tweets"])


def test_no_unit_is_on_two_sides_and_no_row_is_lost(tables, parts):
    past, test = (part["tweets"] for part in parts)
    assert not set(past["unit"]) & set(test["unit"])
    assert sorted([*past["row"], *test["row"]]) == sorted(tables["tweets"]["row"])


def test_planted_copy_of_a_tweet_is_of_its_unit(raw, tmp_path):
    """A copy to another account, in capitals and with another judgement."""
    few = raw.head(40)
    copied = few.iloc[[7]].assign(tweet="RT @somebody_else: " + few.iloc[7]["tweet"].upper(), hate_speech=9)
    pd.concat([few, copied]).to_parquet(tmp_path / "tweets.parquet")
    tweets = data.tweets(tmp_path / "tweets.parquet")
    assert tweets["unit"].iloc[-1] == tweets["unit"].iloc[7]


def test_forum_has_the_sentences_that_can_be_judged_alone():
    rows = sentences.forum(data.find(DATA_DIR, data.FORUM))
    assert len(rows) == 1_196 + 9_507 and rows["hate"].sum() == 1_196
    assert rows["sampled"].value_counts().to_dict() == {"": 8_311, "train": 1_914, "test": 478}


def test_decided_texts_join_what_is_learned_from_but_no_copy_of_a_test_tweet(parts):
    past, test = (part["tweets"] for part in parts)
    texts = ["A text that nobody wrote before, of bees and their honey", test["text"].iloc[0] + "!!", past["text"][0]]
    new = pd.DataFrame({"text": texts, "kind": ["neither", "hate", "hate"]})
    joined = learned.joined(past, test, new)
    assert len(joined) == len(past) + 1 and joined["neither"].iloc[-1] == 1 and joined["hate"].iloc[-1] == 0
    task.contracts()["tweets"].validate(joined)


def test_missing_and_other_files_are_named(tmp_path, monkeypatch):
    pd.DataFrame({"tweet": ["one"]}).to_parquet(tmp_path / "tweets.parquet")
    with pytest.raises(CapstanError, match="lacks the columns hate_speech, neither, offensive_language"):
        data.tweets(tmp_path / "tweets.parquet")
    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / "home"))
    with pytest.raises(CapstanError, match="is not here"):
        data.find(tmp_path / "nowhere")


def test_one_tweet_is_too_few(tables):
    with pytest.raises(CapstanError, match="too few"):
        task.split({"tweets": tables["tweets"].head(1)})
