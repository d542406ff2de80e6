"""`recommender` on a slice of its data, through the whole pipeline: answers, bad input, ratings that count at once.

Then its feature stores and an artifact of the cache are damaged.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pandas as pd
import pytest

from pipelines.recommender.tests import small
from pipelines.recommender.tests.small import PEOPLE
from tests.integration.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.rotating]
PREDICT, EVENT = (f"/v1/models/recommender:{verb}" for verb in ("predict", "event"))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Place]:
    """A place whose data are the ratings of the first people."""
    data = tmp_path_factory.mktemp("data")
    small.write(data)
    place = Place(tmp_path_factory.mktemp("events") / "home")
    place.environment["CAPSTAN_DATA_DIR"] = str(data)
    yield place
    place.clear()


@pytest.fixture(scope="module")
def run(place) -> dict:
    done = place("run", "recommender", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def client(place, run) -> Iterator[httpx.Client]:
    port = place.environment["CAPSTAN_ENDPOINT_PORT"]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield client


def ask(client, **row) -> dict:
    reply = client.post(PREDICT, json={"instances": [row]})
    assert reply.status_code == 200, reply.text
    return reply.json()["predictions"][0]


def titles(answer: dict) -> list[str]:
    return [place["item"] for place in answer["ranking"]]


def test_slice_is_accepted_and_measured_by_every_metric(run):
    assert run["verdict"] == "accepted" and run["people"]["test_people"] == PEOPLE
    assert run["scores"]["ndcg"] > 0.24


def test_a_rating_counts_for_the_next_answer(client):
    before = ask(client, user_id=15, count=5)
    film = titles(before)[0]
    reply = client.post(EVENT, json={"user_id": 15, "film": film, "stars": 4.5})
    assert reply.status_code == 200, reply.text
    assert reply.json()["user_id"] == 15 and reply.json()["features"]["stars"][-1] == 4.5
    after = ask(client, user_id=15, count=100)
    assert after["known"] == before["known"] + 1 and film not in titles(after)


def test_ratings_that_come_together_all_count(client):
    films = titles(ask(client, user_id=20, count=12))
    events = [{"user_id": 20, "film": film, "stars": 3.0} for film in films]
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda event: client.post(EVENT, json=event), events))
    assert [reply.status_code for reply in replies] == [200] * 12
    assert not set(films) & set(titles(ask(client, user_id=20, count=100)))


def test_somebody_new_starts_with_titles_or_with_a_rating(client):
    refused = client.post(PREDICT, json={"instances": [{"user_id": 4711}]})
    assert refused.status_code == 400 and "Send titles that this person likes as `liked`" in refused.json()["error"]
    cold = ask(client, user_id=4711, liked=["Fargo"])
    assert (cold["known"], cold["missing_features"]) == (1, ["films", "stars"])
    assert client.post(EVENT, json={"user_id": 4711, "film": "Fargo", "stars": 5}).status_code == 200
    assert titles(ask(client, user_id=4711)) == titles(cold)


def test_monitor_compares_the_features_of_whom_no_rating_has_changed(place, client):
    """After real predictions: of people with ratings since, of one who is new, and of one without a number."""
    for row in ({"user_id": 1}, {"user_id": 15}, {"user_id": 4711}, {"liked": ["Fargo"]}):
        ask(client, **row)
    check = skew_of(place, client)
    assert (check["verdict"], check["statistic"]) == ("ok", 0.0)
    assert "of entities that events have changed were not compared." in check["message"]


def test_monitor_alarms_when_the_offline_store_says_otherwise(place, client):
    ask(client, user_id=1)
    table = place.home / "features" / "recommender" / "user_history.parquet"
    kept = table.read_bytes()
    changed = pd.read_parquet(table)
    changed["stars"] = [
        [0.5] * len(stars) if user == 1 else stars for user, stars in changed[["user_id", "stars"]].values
    ]
    changed.to_parquet(table)
    check = skew_of(place, client)
    table.write_bytes(kept)
    assert check["verdict"] == "alarm" and "1 of 2 features differ online from offline. stars: " in check["message"]


def skew_of(place, client) -> dict:
    """Run the monitor; return its check of features online and offline."""
    done = place("monitor", "recommender", "--json")
    assert done.returncode == 0, done.stderr
    found = client.get("/v2/monitoring/recommender").json()["checks"]["other"]
    [check] = [candidate for candidate in found if candidate["name"] == "skew"]
    return check


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (PREDICT, {"instances": [{"liked": ["Fagro"]}]}, "row 0, liked: There is no film 'Fagro'. Did you mean"),
        (PREDICT, {"instances": [{"count": 5}]}, "give `user_id`, or for a new person titles as `liked`"),
        (PREDICT, {"instances": [{"user_id": 1}, {"user_id": 4712}]}, "row 1, user_id: There are no ratings"),
        (EVENT, {"user_id": 15, "film": "Fagro", "stars": 4}, "row 0, film: There is no film 'Fagro'"),
        (EVENT, {"user_id": 15, "film": "Fargo", "stars": 4.2}, "row 0, stars: Input should be a multiple of 0.5"),
        (EVENT, {"user_id": 15, "film": "Fargo"}, "row 0, stars: Field required"),
        (EVENT, ["Fargo"], "row 0: Input should be"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(client, path, body, said):
    reply = client.post(path, json=body)
    assert reply.status_code == 400 and said in reply.json()["error"]


def test_openapi_and_metadata_describe_the_event(client):
    document = client.get("/openapi.json").json()
    body = document["paths"][EVENT]["post"]["requestBody"]["content"]["application/json"]
    assert set(document["components"]["schemas"]["recommender_event"]["required"]) == {"user_id", "film", "stars"}
    assert body["examples"]["one"]["value"]["film"] == "Fargo (1996)"
    schema = client.get("/v2/models/recommender").json()["event_schema"]
    assert schema["properties"].keys() == {"user_id", "film", "stars"}


def cut(path: Path) -> None:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    """Leave nothing of a file but its name."""
    path.write_bytes(b"")


@pytest.mark.parametrize(("name", "harm"), [("online.db", cut), ("online.db", empty), ("registry.db", Path.unlink)])
def test_feature_stores_that_are_lost_or_damaged_are_made_again(client, place, name, harm):
    before = titles(ask(client, user_id=1, count=5))
    harm(place.home / "feast" / "recommender" / name)
    done = place("run", "recommender")
    assert done.returncode == 0, done.stderr
    assert "The feature stores of recommender are made again" in done.stdout and name in done.stdout
    assert titles(ask(client, user_id=1, count=5)) == before


def test_an_artifact_of_the_cache_that_is_cut_off_is_made_again(run, place):
    [*tables] = (place.home / "runs").glob("*/*split*/**/train/*.parquet")
    assert tables
    for table in tables:
        cut(table)
    done = place("run", "recommender", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["scores"] == run["scores"]


def test_no_rating_that_was_acknowledged_is_lost(client, fuzz):
    """After mutated ratings, of few people, the features of each person are those of the last that was answered.

    It is the last test here: somebody else may have got a rating, whose features the others would miss.
    """
    films = titles(ask(client, user_id=30, count=20))
    kept: dict[int, dict] = {}
    for mutator in fuzz.examples("ratings", 120):
        random = mutator.random
        rating = {
            "user_id": random.choice((30, 31, 4713)),
            "film": random.choice(films),
            "stars": random.randint(1, 10) / 2,
        }
        content = json.dumps(rating).encode() if random.random() < 0.3 else mutator.body(rating)
        reply = fuzz.post(client, mutator, EVENT, content)
        if reply and reply.status_code == 200:
            kept[reply.json()["user_id"]] = reply.json()["features"]
    fuzz.verify()
    assert len(kept) >= 3
    for person, features in kept.items():
        row = {"instances": [{"user_id": person}], "return_features": True}
        [now] = client.post(PREDICT, json=row).json()["predictions"]
        assert {name: now["features"][name] for name in features} == features, person
