"""Retrieval as Feast tests it for every offline store: a small world of orders that uses all kinds of joins at once."""

import random
from datetime import timedelta

import pandas as pd
import pytest
from feast import FeatureService, Field, RequestSource
from feast.errors import FeatureNameCollisionError, RequestDataNotFoundInEntityDfException
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64

from . import reference
from .harness import at, entities, entity, feature_store, values, view, write

TTL = timedelta(hours=6)


def history(seed: int, ids: range) -> list[tuple]:
    """Return rows at whole hours. Some came late, some are corrections, and one in ten has no creation time."""
    pick = random.Random(seed)
    return [
        (pick.choice(ids), at(hour), None if pick.random() < 0.1 else at(hour + pick.choice([-1, 0, 0, 2, 9])), value)
        for value, hour in enumerate(pick.choices(range(-12, 12), k=60), start=100 * seed)
    ]


class World:
    """Orders of customers, driven by drivers, from an origin to a destination.

    Customers have TTLs. Locations are joined twice, under other names. Global statistics have no key. An on-demand
    feature needs both a feature and data of the request.

    Args:
        created: the creation column of every source, or "" for none.
    """

    def __init__(self, directory, created: str, **options):
        self.created = created
        self.store = feature_store(directory / "repo", **options)
        self.rows = {"driver": history(1, range(4)), "customer": history(2, range(3)), "place": history(3, range(5))}
        self.rows["world"] = history(4, range(1))
        views = {}
        for name, rows in self.rows.items():
            path = write(directory / f"{name}.parquet", rows, f"{name}_id event_timestamp created raw")
            keys, ttl = () if name == "world" else (f"{name}_id",), TTL if name == "customer" else None
            mapping = {"raw": f"{name}_level"}
            views[name] = view(path, name, keys, (f"{name}_level",), ttl, created, field_mapping=mapping)
        request = RequestSource(name="order_request", schema=[Field(name="extra", dtype=Int64)])

        @on_demand_feature_view(
            sources=[views["driver"], request], schema=[Field(name="total", dtype=Float64)], mode="pandas"
        )
        def on_demand(inputs: pd.DataFrame) -> pd.DataFrame:
            return pd.DataFrame({"total": inputs["driver_level"].astype("float64") + inputs["extra"]})

        origin = views["place"].with_name("origin").with_join_key_map({"place_id": "origin_id"})
        destination = views["place"].with_name("destination").with_join_key_map({"place_id": "destination_id"})
        plain = [views["driver"], views["customer"], views["world"], on_demand]
        self.service = FeatureService(name="orders", features=[*plain, origin, destination])
        self.short = FeatureService(name="short", features=plain)
        keys = [entity(f"{name}_id") for name in ("driver", "customer", "place")]
        self.store.apply([*keys, *views.values(), on_demand, self.service, self.short])
        pick = random.Random(5)
        self.orders = entities(
            [(i, *pick.choices(range(6), k=4), at(pick.choice(range(-13, 14))), 10 * i) for i in range(40)],
            "order driver_id customer_id origin_id destination_id event_timestamp extra",
        )

    def expected(self, name: str, key: str | None, late_rows: str = "exclude") -> list:
        """Return the level of an entity for each order, by brute force."""
        rows = [
            {"k": k if key else 0, "event_timestamp": event, "created": created if self.created else None, "v": value}
            for k, event, created, value in self.rows[name]
        ]
        ids = self.orders[key] if key else [0] * len(self.orders)
        moments = zip(ids, self.orders["event_timestamp"], strict=True)
        ttl = TTL if name == "customer" else None
        return [reference.feature(rows, k, moment.to_pydatetime(), ttl, late_rows=late_rows) for k, moment in moments]


@pytest.fixture(params=["", "created"])
def world(request, tmp_path):
    return World(tmp_path, request.param)


@pytest.mark.parametrize("late_rows", ["exclude", "include"])
@pytest.mark.parametrize("created", ["", "created"])
def test_a_service_with_full_feature_names_equals_brute_force(tmp_path, created, late_rows):
    world = World(tmp_path, created, late_rows=late_rows)
    result = world.store.get_historical_features(world.orders, world.service, full_feature_names=True).to_df()
    for column, name, key in [
        ("driver__driver_level", "driver", "driver_id"),
        ("customer__customer_level", "customer", "customer_id"),
        ("origin__place_level", "place", "origin_id"),
        ("destination__place_level", "place", "destination_id"),
        ("world__world_level", "world", None),
    ]:
        assert values(result, column) == world.expected(name, key, late_rows), column
    drivers = world.expected("driver", "driver_id", late_rows)
    totals = [None if level is None else level + 10 * i for i, level in enumerate(drivers)]
    assert values(result, "on_demand__total") == totals
    pd.testing.assert_frame_equal(result[world.orders.columns], world.orders)


def test_short_feature_names(world):
    result = world.store.get_historical_features(world.orders, world.short).to_df()
    features = ["customer_level", "driver_level", "total", "world_level"]
    assert sorted(set(result.columns) - set(world.orders.columns)) == features
    assert values(result, "driver_level") == world.expected("driver", "driver_id")


def test_entity_rows_as_sql_give_what_the_dataframe_gives(world, tmp_path):
    world.orders.assign(event_timestamp=world.orders["event_timestamp"].dt.as_unit("us")).to_parquet(
        tmp_path / "orders.parquet"
    )
    query = f"SELECT * FROM '{tmp_path / 'orders.parquet'}' ORDER BY \"order\""
    expected, asked = (
        world.store.get_historical_features(rows, world.service, full_feature_names=True)
        for rows in (world.orders, query)
    )
    pd.testing.assert_frame_equal(asked.to_df(), expected.to_df(), check_dtype=False)
    assert asked.metadata.features == expected.metadata.features
    assert asked.metadata.keys == expected.metadata.keys
    assert asked.metadata.min_event_timestamp == expected.metadata.min_event_timestamp


def test_a_saved_dataset_holds_what_the_job_returned(world, tmp_path):
    job = world.store.get_historical_features(world.orders, world.service, full_feature_names=True)
    storage = SavedDatasetFileStorage(str(tmp_path / "saved.parquet"))
    world.store.create_saved_dataset(job, "saved", storage, feature_service=world.service)
    saved = world.store.get_saved_dataset("saved").to_df()
    # Feast reads the keys and the features back, oldest first; the other columns stay in the file.
    assert set(world.orders.columns) - set(saved.columns) == {"order", "extra", "origin_id", "destination_id"}
    expected = job.to_df().sort_values("event_timestamp", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(saved, expected[saved.columns], check_dtype=False)


def test_request_data_must_be_in_the_entity_rows(world):
    with pytest.raises(RequestDataNotFoundInEntityDfException, match="extra"):
        world.store.get_historical_features(world.orders.drop(columns="extra"), ["on_demand:total"])


def test_without_entity_rows_every_arrival_has_its_features(world):
    job = world.store.get_historical_features(
        features=["driver:driver_level"], start_date=at(-20), end_date=at(30), full_feature_names=True
    )
    result = job.to_df()
    assert list(result.columns) == ["driver_id", "event_timestamp", "driver__driver_level"]
    assert result["driver__driver_level"].notna().all()
    moments = {
        (driver, max(event, created or event) if world.created else event)
        for driver, event, created, _ in world.rows["driver"]
    }
    assert set(zip(result["driver_id"], result["event_timestamp"], strict=True)) == moments
    assert len(result) == len(moments)


def test_without_a_period_the_longest_ttl_until_now_is_asked_for(store, tmp_path):
    now = pd.Timestamp.now("UTC").floor("us").to_pydatetime()
    rows = [(1, now - timedelta(hours=hours), hours) for hours in (30, 5, 1)]
    store.apply([entity(), view(write(tmp_path / "a.parquet", rows), ttl=timedelta(hours=10))])
    result = store.get_historical_features(features=["stats:v"]).to_df()
    assert values(result) == [5, 1]


def test_equal_feature_names_need_full_names(world):
    refs = ["driver:driver_level", "customer:customer_level", "driver:driver_level"]
    with pytest.raises(FeatureNameCollisionError):
        world.store.get_historical_features(world.orders, refs)
