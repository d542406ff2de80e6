"""What is served: ranked lists for known and new people, after new ratings, and for bad input."""

import numpy as np
import pytest
from pydantic import ValidationError

from capstan.errors import InvalidRow
from models.recommendation.histories import SHARE, histories
from pipelines.recommender import methods, protocol, task, training
from pipelines.recommender.columns import CANDIDATES, SHORT
from pipelines.recommender.methods import METHODS, RIVALS, SERVED
from pipelines.recommender.model import Recommender
from pipelines.recommender.report import HeldOut


def ask(model, **given) -> dict:
    row = {"user_id": None, "liked": [], "count": 10, "films": None, "stars": None} | given
    return {
        name: values[0] for name, values in model.predict_columns({key: [value] for key, value in row.items()}).items()
    }


def titles(answer: dict) -> list[str]:
    return [place["item"] for place in answer["ranking"]]


def test_nobody_is_recommended_what_is_rated_already(model, parts):
    people = parts[1]["people"].head(30)
    answers = model.predict_columns({name: people[name].tolist() for name in model.inputs})
    for places, rated in zip(answers["ranking"], people["films"], strict=True):
        scores = [place["score"] for place in places]
        assert len(places) == 10 and scores == sorted(scores, reverse=True)
        assert not {model.number(place["item"]) for place in places} & set(rated)


def test_answer_does_not_depend_on_the_rows_beside_it(model, parts):
    people = parts[1]["people"].head(70)
    together = model.predict_columns({name: people[name].tolist() for name in model.inputs})["ranking"]
    for row in (0, 69):
        alone = model.predict_columns({name: [people[name].iloc[row]] for name in model.inputs})["ranking"][0]
        assert [place["item"] for place in alone] == [place["item"] for place in together[row]]
        assert [p["because"] for p in alone] == [p["because"] for p in together[row]]
        assert [p["score"] for p in alone] == pytest.approx([p["score"] for p in together[row]], abs=1e-4)


def test_count_is_kept(model):
    assert len(titles(ask(model, liked=["Fargo"], count=3))) == 3
    assert len(set(titles(ask(model, liked=["Fargo"], count=CANDIDATES)))) == CANDIDATES


def test_new_person_gets_films_like_the_liked_ones(model):
    children, scary = (
        titles(ask(model, liked=liked, count=20))
        for liked in (["Toy Story", "Lion King, The", "Shrek"], ["Alien", "Psycho (1960)", "Shining, The"])
    )
    genres = dict(zip(model.catalogue.titles, model.catalogue.genres, strict=True))

    def count(shown: list[str], genre: str) -> int:
        return sum(genre in genres[title] for title in shown)

    assert count(children, "Children") > count(scary, "Children")
    assert count(scary, "Horror") > count(children, "Horror")
    assert "Toy Story (1995)" not in children


def test_liked_titles_add_to_a_known_history(model, parts):
    person = parts[1]["people"].iloc[0]
    known = {"user_id": 1, "films": person["films"], "stars": person["stars"]}
    before, after = ask(model, **known), ask(model, **known, liked=["Fargo"])
    assert after["known"] == before["known"] + (model.number("Fargo") not in person["films"])
    assert titles(before) != titles(after)


def test_unknown_person_is_told_of_the_cold_start(model):
    with pytest.raises(InvalidRow, match=r"row 0, user_id: There are no ratings of user 4711\. Send titles .* `liked`"):
        ask(model, user_id=4711)
    assert ask(model, user_id=4711, liked=["Fargo"])["known"] == 1


def test_unknown_title_is_named_with_those_near(model):
    with pytest.raises(InvalidRow, match=r"row 0, liked: There is no film 'Fagro'\. Did you mean 'Fargo \(1996\)'"):
        ask(model, liked=["Fagro"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "give `user_id`"),
        ({"user_id": None, "liked": []}, "give `user_id`"),
        ({"user_id": 0}, "greater than or equal to 1"),
        ({"user_id": 1, "count": CANDIDATES + 1}, f"less than or equal to {CANDIDATES}"),
        ({"liked": ["Fargo"] * 51}, "at most 50"),
        ({"user_id": 1, "likes": ["Fargo"]}, "Extra inputs"),
    ],
)
def test_request_out_of_range_says_what_is_allowed(row, said):
    with pytest.raises(ValidationError) as error:
        task.Request(**row)
    assert said in error.value.errors()[0]["msg"]


@pytest.mark.parametrize("field", [{"stars": 7}, {"stars": 4.2}, {"user_id": -1}, {"film": ""}])
def test_event_out_of_range_is_refused(field):
    event = {"user_id": 15, "film": "Fargo", "stars": 4.5}
    task.Event(**event)
    with pytest.raises(ValidationError):
        task.Event(**event | field)


def test_event_moves_a_film_to_the_end_of_the_history(model):
    fargo = model.number("Fargo")
    event = task.Event(user_id=15, film="fargo", stars=4.5)
    assert task.apply(model, event, {"films": None, "stars": None}) == {"films": [fargo], "stars": [4.5]}
    before = {"films": [fargo, 1], "stars": [2.0, 3.0]}
    assert task.apply(model, event, before) == {"films": [1, fargo], "stars": [3.0, 4.5]}
    with pytest.raises(InvalidRow, match="row 0, film: There is no film"):
        task.apply(model, task.Event(user_id=15, film="Fagro", stars=4.5), before)


def test_examples_are_requests_and_signals_are_scalars(model, parts):
    assert [task.Request(**row).count for row in task.examples(parts[1])] == [5, 5, 5]
    signals = task.signals(model, parts[1])
    assert len(signals) == len(parts[1]["people"]) and signals.notna().all().all()
    learned = task.signals(model, parts[0])  # what it has learned from, it knows
    assert set(learned) == set(signals) and learned["taken"].mean() > signals["taken"].mean()


def test_report_compares_what_is_served_with_its_rivals(model, parts):
    evaluation = task.evaluate(model, parts[1])
    assert evaluation.metrics.keys() >= task.THRESHOLDS.keys()
    table = evaluation.sections[0].content.set_index("method")
    assert set(table.index) == {SERVED, *RIVALS}
    assert table.loc[SERVED, "ndcg"] > table.loc["popularity", "ndcg"]
    assert np.isfinite(table[["ndcg", "ndcg_next"]]).all(axis=None)


def test_films_of_one_set_are_no_candidates_of_the_other(model, parts):
    """A perfect list for one set, with the other set before it, is perfect: these films were rated, too."""
    test = HeldOut(parts[1]["people"], model.catalogue)
    held, following = test.sets["ndcg"]
    lists = [np.concatenate([*both, np.full(10, -1)]) for both in zip(following, held, strict=True)]
    widest = max(map(len, lists))
    ranked = np.stack([np.pad(row, (0, widest - len(row)), constant_values=-1) for row in lists])
    scores = test.of_lists(ranked)
    assert scores["ndcg"].to_numpy() == pytest.approx(1)
    assert scores["ndcg_next"].dropna().to_numpy() == pytest.approx(1)
    assert 0 < scores["ndcg_next"].notna().mean() < 1


def test_reasons_are_the_films_that_a_score_owes_most_to(model):
    """They have the largest shares, and the shares add up to the score, but for what is popular with everybody."""
    liked = ["Toy Story", "Alien", "Fargo", "Braveheart"]
    [place, *_] = ask(model, liked=liked, count=1)["ranking"]
    assert 1 <= len(place["because"]) <= 2
    film, numbers = model.catalogue.find(place["item"]), [model.number(title) for title in liked]
    history = histories([numbers], [[5.0] * len(numbers)], model.catalogue.numbers).matrix(METHODS[SERVED].weighting)
    rated, shares = model.served.shares(history, np.array([film]))
    assert model.catalogue.titles[rated[shares[:, 0].argmax()]] == place["because"][0]
    popular = model.served.counts[np.searchsorted(model.served.kept, film)] / model.served.counts.std()
    everybody = model.served.prior / len(liked) ** 2 * popular * model.served._parts(history)[-1][0, 0]
    assert shares.sum() + everybody == pytest.approx(model.served.scores(history)[0, film], rel=1e-4)


def test_a_film_that_nobody_compared_is_refused_or_named(model):
    rare = model.catalogue.titles[int(np.flatnonzero(model.counts < 3)[0])]
    with pytest.raises(InvalidRow, match="row 0, liked: Not enough ratings: fewer than 3 people have rated"):
        ask(model, liked=[rare])
    answer = ask(model, liked=["Fargo", rare])
    assert answer["unusual"] == [f"not enough ratings: {rare}"] and answer["known"] == 1
    assert titles(answer) == titles(ask(model, liked=["Fargo"])) and not ask(model, liked=["Fargo"])["unusual"]


def test_stored_history_of_such_films_is_refused_too(model):
    rare = int(model.catalogue.numbers[np.flatnonzero(model.counts < 3)[0]])
    with pytest.raises(InvalidRow, match="row 0, user_id: Not enough ratings"):
        ask(model, user_id=15, films=[rare], stars=[4.0])


def test_answer_says_what_it_rests_on(model):
    assert ask(model, liked=["Fargo"])["ground"] == "100% people who rated the same films, 0% EASE"
    long = ask(model, films=model.catalogue.numbers[model.counts >= 3][:200], stars=[4.0] * 200)
    assert long["known"] == 200 and long["ground"] == "0% people who rated the same films, 100% EASE"


@pytest.mark.slow
def test_score_of_a_short_history_is_a_chance(tables, films):
    """Of new people with few titles, a fifth of the films shown that they have rated is what the scores add up to."""
    rated = tables["ratings"].groupby("user_id").agg({"film": list, "stars": list})
    halves = rated.iloc[::2], rated.iloc[1::2]
    past, whole = (histories(rows["film"], rows["stars"], films.numbers) for rows in halves)
    model = Recommender(films, methods.one(SERVED, past, films), training.chance(past, films, 0), past, {})
    for count in SHORT:
        few = protocol.cut(whole, count, 0, past)
        there = [row for row, items in enumerate(few.items) if len(items) == count]
        columns = {"user_id": [1] * len(there), "liked": [[]] * len(there), "count": [10] * len(there)}
        columns["films"] = [films.numbers[few.items[row]].tolist() for row in there]
        answers = model.predict_columns(columns | {"stars": [few.ratings[row].tolist() for row in there]})
        found = [
            len({films.find(place["item"]) for place in shown} & set(whole.items[row].tolist()))
            for shown, row in zip(answers["ranking"], there, strict=True)
        ]
        assert np.mean(answers["expected"]) == pytest.approx(SHARE * np.mean(found), rel=0.15), count


def test_short_histories_are_drawn_from_what_counts(parts, model):
    past = HeldOut(parts[1]["people"], model.catalogue).past
    for few, whole in zip(protocol.cut(past, 3).items, past.items, strict=True):
        assert len(few) <= 3 and set(few) <= set(whole) and (model.counts[few] >= 3).all()


def test_score_is_a_chance(model, parts):
    """Of the films shown to the test people, as many are among the held-out ones as the probabilities add up to."""
    people = parts[1]["people"]
    answers = model.predict_columns({name: people[name].tolist() for name in model.inputs})
    taken = task.signals(model, parts[1])["taken"]
    assert np.mean(answers["expected"]) == pytest.approx(taken.mean(), rel=0.35)
    assert answers["expected"][0] == pytest.approx(sum(place["score"] for place in answers["ranking"][0]))
