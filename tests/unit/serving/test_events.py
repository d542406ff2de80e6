"""Events change the online features of an entity, one after the other, and what reads them next knows it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from capstan.contract.client import client
from capstan.contract.resources import Limits
from capstan.errors import CapstanError, InvalidRow, Unavailable
from capstan.settings import settings
from feature_repo.forget import forget
from monitoring.alerts import alerts
from tests.support.redis import redis

KEYS = ["user", "shop"]
begun = threading.Event()  # an event is being applied
senders: list[str] = []


class Event(BaseModel):
    user: int
    shop: str = "main"
    item: int


def apply(model, event: Event, features: dict) -> dict:
    """Append an item. Item 13 cannot be."""
    begun.set()
    senders.append(client())
    assert set(features) == {"items", "count"}
    if event.item == 13:
        raise InvalidRow("there is no item 13", 0, "item")
    return {"items": [*(features["items"] or []), event.item], "count": (features["count"] or 0) + 1}


@pytest.fixture
def store(tmp_path):
    return made(tmp_path, {"type": "sqlite", "path": f"{tmp_path}/online.db"})


@pytest.fixture
def redis_store(tmp_path):
    with redis() as address:
        yield made(tmp_path, {"type": "redis", "connection_string": address})


def made(tmp_path, online):
    """Return a store of one view that events are pushed to."""
    from datetime import timedelta

    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, RepoConfig, ValueType
    from feast.types import Array, Int64

    kinds = {"user": ValueType.INT64, "shop": ValueType.STRING}
    entities = [Entity(name=name, value_type=kinds[name]) for name in KEYS]
    batch = FileSource(
        name="seen", path="seen.parquet", timestamp_field="event_timestamp", created_timestamp_column="created"
    )
    view = FeatureView(
        name="seen",
        entities=entities,
        ttl=timedelta(0),
        schema=[Field(name="items", dtype=Array(Int64)), Field(name="count", dtype=Int64)],
        source=PushSource(name="views", batch_source=batch),
    )
    config = RepoConfig(
        project="events",
        provider="local",
        registry={"registry_type": "file", "path": f"{tmp_path}/registry.db", "cache_ttl_seconds": 0},
        online_store=online,
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    store.apply([*entities, view])
    return store


def sink(store, source: str = "views", event=Event, alarm=None, entities: int = 1_000):
    from serving.scoring.events import EventSink

    task = SimpleNamespace(PUSH_SOURCE=source, Event=event, apply=apply, alarm=alarm, LIMITS=Limits(entities=entities))
    loaded = SimpleNamespace(task=task)
    return EventSink(SimpleNamespace(name="shop", transformer=SimpleNamespace(store=store), loaded=loaded, model=None))


def known(store, user: int) -> dict:
    features = store.get_online_features(["seen:items", "seen:count"], [{"user": user, "shop": "main"}]).to_dict()
    return {name: features[name][0] for name in ("items", "count")}


def test_an_event_is_known_at_once(store):
    answer = asyncio.run(sink(store).apply([Event(user=1, item=7)]))
    assert answer == [{"user": 1, "shop": "main", "features": {"items": [7], "count": 1}}]
    assert known(store, 1) == {"items": [7], "count": 1} and known(store, 2) == {"items": None, "count": None}


def test_a_task_knows_whose_token_sent_an_event(store):
    senders.clear()
    asyncio.run(sink(store).apply([Event(user=1, item=7)], "shop-floor"))
    asyncio.run(sink(store).apply([Event(user=1, item=7)]))
    assert senders == ["shop-floor", "unauthenticated"]


def test_events_together_are_applied_in_their_order(store):
    own = sink(store)
    asyncio.run(own.apply([Event(user=1, item=7)]))
    events = [Event(user=1, item=8), Event(user=2, item=9), Event(user=1, item=10)]
    entities = asyncio.run(own.apply(events))
    assert [(entity["user"], entity["features"]["items"]) for entity in entities] == [(1, [7, 8, 10]), (2, [9])]
    assert known(store, 1) == {"items": [7, 8, 10], "count": 3} and known(store, 2) == {"items": [9], "count": 1}


def test_one_event_that_cannot_be_leaves_all_of_its_request_undone(store):
    events = [Event(user=1, item=7), Event(user=2, item=8), Event(user=1, item=13)]
    with pytest.raises(InvalidRow, match="row 2, item: there is no item 13"):
        asyncio.run(sink(store).apply(events))
    assert known(store, 1)["items"] is None and known(store, 2)["items"] is None


def test_no_event_is_lost_when_many_of_one_entity_come_together(store):
    async def send() -> None:
        two = sink(store), sink(store)  # as after a reload: the old one may still be writing
        await asyncio.gather(*(two[item % 2].apply([Event(user=item % 3, item=item)]) for item in range(30, 60)))

    asyncio.run(send())
    for user in range(3):
        assert sorted(known(store, user)["items"]) == [item for item in range(30, 60) if item % 3 == user]


def test_an_event_that_has_begun_is_finished_when_its_client_goes_away(store):
    begun.clear()

    async def send() -> None:
        own = sink(store)
        gone = asyncio.create_task(own.apply([Event(user=1, item=1)]))
        await asyncio.to_thread(begun.wait, 30)
        gone.cancel()
        await own.apply([Event(user=1, item=2)])

    asyncio.run(send())
    assert known(store, 1) == {"items": [1, 2], "count": 2}


def full(store, monkeypatch) -> None:
    """Check that a store with two entities, where two is the most, takes no third until one is erased."""
    monkeypatch.setattr("serving.scoring.events.RECOUNT_SECONDS", 0)
    asyncio.run(sink(store).apply([Event(user=1, item=7)]))
    own = sink(store, entities=2)  # another process: it counts what is there
    asyncio.run(own.apply([Event(user=2, item=7)]))
    with pytest.raises(InvalidRow, match="row 1, user: the online store keeps 2 entities of 'shop'"):
        asyncio.run(own.apply([Event(user=1, item=8), Event(user=3, item=7)]))
    assert known(store, 1)["items"] == [7] and known(store, 3)["items"] is None
    asyncio.run(own.apply([Event(user=1, item=8)]))
    forget(store, {"user": 2, "shop": "main"})
    asyncio.run(own.apply([Event(user=3, item=7)]))
    assert known(store, 1)["items"] == [7, 8] and known(store, 3)["items"] == [7]


def test_the_entities_that_events_add_are_bounded(store, monkeypatch):
    full(store, monkeypatch)


@pytest.mark.slow
def test_the_entities_that_events_add_are_bounded_in_redis(redis_store, monkeypatch):
    full(redis_store, monkeypatch)


def test_an_entity_is_forgotten_and_leaves_no_byte(store, tmp_path):
    own, street = sink(store), "seventh-street"
    for item in range(200, 230):
        asyncio.run(own.apply([Event(user=1, shop=street, item=item)]))
        asyncio.run(own.apply([Event(user=2, item=item)]))
    assert any(street.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert forget(store, {"user": 1, "shop": street, "more": 3}) == ["seen"]
    assert not any(street.encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert known(store, 2)["count"] == 30
    assert asyncio.run(own.apply([Event(user=1, shop=street, item=7)]))[0]["features"] == {"items": [7], "count": 1}
    assert forget(store, {"user": 3, "shop": street}) == [] == forget(store, {"user": 1})


@pytest.mark.slow  # its server comes with the packages that `make test` installs
def test_an_entity_is_forgotten_in_redis(redis_store):
    own = sink(redis_store)
    for user in (1, 2):
        asyncio.run(own.apply([Event(user=user, item=7)]))
    assert forget(redis_store, {"user": 1, "shop": "main"}) == ["seen"]
    assert known(redis_store, 1) == {"items": None, "count": None} and known(redis_store, 2)["count"] == 1
    client = own.rows.provider.online_store._get_client(redis_store.config.online_store)
    assert len(client.keys()) == 1  # an entity without features has no key
    assert forget(redis_store, {"user": 1, "shop": "main"}) == []


def test_an_event_that_cannot_be_changes_nothing(store):
    with pytest.raises(InvalidRow, match="row 0, item: there is no item 13"):
        asyncio.run(sink(store).apply([Event(user=1, item=13)]))
    assert known(store, 1)["items"] is None


def test_a_store_that_fails_is_unavailable(store):
    own, path = sink(store), store.config.online_store.path
    asyncio.run(own.apply([Event(user=1, item=7)]))
    own.rows.provider.online_store._conn.close()
    own.rows.provider.online_store._conn = None
    Path(path).write_bytes(b"no database" * 100)
    with pytest.raises(Unavailable, match="The online store does not answer"):
        asyncio.run(own.apply([Event(user=1, item=8)]))


@pytest.fixture
def home(tmp_path, monkeypatch) -> Iterator[Path]:
    monkeypatch.setenv("CAPSTAN_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


def alarm(model, event: Event, features: dict) -> str | None:
    """Alert of the second item."""
    return f"{event.user} has {event.item}, {features['count']}" if features["count"] == 2 else None


def test_what_an_event_is_alerted_of_is_one_alert_for_each_request(store, home):
    own, kept = sink(store, alarm=alarm), alerts()
    asyncio.run(own.apply([Event(user=user, item=7) for user in range(12)]))
    assert kept.alerts("shop") == []
    asyncio.run(own.apply([Event(user=0, item=8), Event(user=0, item=9)]))
    asyncio.run(own.apply([Event(user=user, item=8) for user in range(1, 12)]))
    many, single = (each.condition.message.splitlines() for each in kept.alerts("shop"))
    assert single == ["0 has 8, 2"] and many == [*(f"{user} has 8, 2" for user in range(1, 11)), "And 1 more."]
    assert kept.alerts("shop", open_only=True) == []


def test_events_whose_alert_cannot_be_kept_are_refused_and_alert_once_when_they_come_again(store, home):
    own, events = sink(store, alarm=alarm), [Event(user=1, item=7), Event(user=1, item=8)]
    home.write_text("no folder")
    with pytest.raises(Unavailable, match="An alert cannot be kept"):
        asyncio.run(own.apply(events))
    assert known(store, 1)["items"] is None
    home.unlink()
    asyncio.run(own.apply(events))
    asyncio.run(sink(store, alarm=alarm).apply([Event(user=2, item=7)]))
    assert known(store, 1)["items"] == [7, 8]
    assert [each.condition.message for each in alerts().alerts("shop")] == ["1 has 8, 2"]


class Nameless(BaseModel):
    item: int


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"source": "clicks"}, "push source 'clicks' of 'shop' feeds 0 views"),
        ({"event": Nameless}, r"lacks \['user', 'shop'\]"),
    ],
)
def test_a_task_that_does_not_fit_its_view_is_refused(store, options, said):
    with pytest.raises(CapstanError, match=said):
        sink(store, **options)
