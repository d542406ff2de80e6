"""Sources in hive partitions by date: what cannot matter is not read, and the result is that of one file."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from feast.types import Int64

from .harness import entities, entity, feature_store, view

MARCH = datetime(2024, 3, 1, tzinfo=UTC)
DAYS = 14
TAG = {"date_partition_column": "date"}
UNREADABLE = re.compile("magic bytes|too small")
ASKED = (6, 8)  # entity rows are of the days from 6 to before 8


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two weeks of rows of five keys, some of which arrive days later."""
    random = np.random.default_rng(0)
    moments = pd.Series(MARCH + pd.to_timedelta(random.integers(0, DAYS * 86_400, 900), unit="s")).dt.as_unit("us")
    created = moments + pd.to_timedelta(random.exponential(20, 900), unit="h").round("s")
    rows = {"k": random.integers(0, 5, 900), "event_timestamp": moments, "created": created.dt.as_unit("us")}
    return pd.DataFrame(rows | {"v": random.integers(0, 10**6, 900)})


@pytest.fixture
def asked() -> pd.DataFrame:
    random = np.random.default_rng(1)
    seconds = random.integers(ASKED[0] * 86_400, ASKED[1] * 86_400, 200)
    moments = (MARCH + pd.to_timedelta(seconds, unit="s")).as_unit("us")
    return pd.DataFrame({"k": random.integers(0, 6, 200), "event_timestamp": moments})


def write_partitions(folder: Path, rows: pd.DataFrame, hours: int = 0) -> Path:
    """Write a file for each day, on clocks that are some hours ahead of UTC."""
    for day, part in rows.groupby((rows["event_timestamp"] + timedelta(hours=hours)).dt.date):
        (folder / f"date={day}").mkdir(parents=True)
        part.to_parquet(folder / f"date={day}" / "part.parquet", index=False)
    return folder


def damage(folder: Path, but: set[int]) -> None:
    """Leave no rows in the partitions of all days but some, nor anything that can be read."""
    for number in set(range(DAYS)) - but:
        day = (MARCH + timedelta(days=number)).date()
        (folder / f"date={day}" / "part.parquet").write_bytes(b"not parquet")


def store_over(folder: Path, path: Path, name: str, tags=TAG, **options):
    store = feature_store(folder / name, **options.pop("settings", {}))
    store.apply([entity(), view(path, tags=tags, **options)])
    return store


def retrieved(store, asked) -> pd.DataFrame:
    return store.get_historical_features(asked, ["stats:v"]).to_df()


@pytest.fixture(scope="module", params=["local", "ray"])
def settings(request) -> dict:
    """One process, or parts on Ray."""
    if request.param == "local":
        yield {}
        return
    import ray

    from capstan.ray_workers import start_ray

    start_ray(cpus=2)
    yield {"engine": "ray", "task_rows": 60}
    ray.shutdown()


# The day of the entity rows, what the TTL reaches, one more on both sides, and the newest, for its columns.
@pytest.mark.parametrize(("ttl", "read"), [
    (timedelta(hours=30), {*range(3, 10), DAYS - 1}), (None, {*range(10), DAYS - 1}),
])  # fmt: skip
@pytest.mark.parametrize("created", ["", "created"])
@pytest.mark.slow
def test_only_partitions_that_can_matter_are_read(tmp_path, rows, asked, settings, ttl, read, created):
    rows.to_parquet(tmp_path / "one.parquet", index=False)
    options = {"ttl": ttl, "created": created}
    expected = retrieved(store_over(tmp_path, tmp_path / "one.parquet", "one", {}, **options), asked)
    assert expected["v"].notna().sum() > 100
    folder = write_partitions(tmp_path / "days", rows)
    store = store_over(tmp_path, folder, "days", settings=settings, **options)
    pd.testing.assert_frame_equal(retrieved(store, asked), expected)
    damage(folder, but=read)
    pd.testing.assert_frame_equal(retrieved(store, asked), expected)
    if ttl is None:
        damage(folder, but=read - {0})
        with pytest.raises(Exception, match=UNREADABLE):  # the first day matters
            retrieved(store, asked)


def test_without_the_tag_all_files_are_read(tmp_path, rows, asked):
    """The date of a partition may be that of the load: nothing is left out unless the source says what it is."""
    folder = write_partitions(tmp_path / "days", rows)
    damage(folder, but={*range(3, 10), DAYS - 1})
    with pytest.raises(ValueError, match=UNREADABLE):
        retrieved(store_over(tmp_path, folder, "days", {}, ttl=timedelta(hours=30)), asked)


@pytest.mark.parametrize("hours", [-12, 14])
def test_days_may_be_those_of_any_time_zone(tmp_path, rows, asked, hours):
    rows.to_parquet(tmp_path / "one.parquet", index=False)
    folder = write_partitions(tmp_path / "days", rows, hours)
    ttl = timedelta(minutes=40)
    expected = retrieved(store_over(tmp_path, tmp_path / "one.parquet", "one", {}, ttl=ttl), asked)
    pd.testing.assert_frame_equal(retrieved(store_over(tmp_path, folder, "days", ttl=ttl), asked), expected)


def test_query_and_period_in_place_of_a_dataframe(tmp_path, rows, asked):
    asked.to_parquet(tmp_path / "asked.parquet")
    rows.to_parquet(tmp_path / "one.parquet", index=False)
    folder = write_partitions(tmp_path / "days", rows)
    damage(folder, but={*range(10), DAYS - 1})
    single, days = store_over(tmp_path, tmp_path / "one.parquet", "one", {}), store_over(tmp_path, folder, "days")
    query = f"SELECT * FROM '{tmp_path / 'asked.parquet'}'"
    pd.testing.assert_frame_equal(retrieved(days, query), retrieved(single, query))
    start, end = (MARCH + timedelta(days=day) for day in ASKED)
    period = {"features": ["stats:v"], "start_date": start, "end_date": end}
    actual, expected = (store.get_historical_features(**period).to_df() for store in (days, single))
    pd.testing.assert_frame_equal(actual, expected)


def test_materialize_reads_the_days_since(tmp_path, rows):
    rows.to_parquet(tmp_path / "one.parquet", index=False)
    folder = write_partitions(tmp_path / "days", rows)
    damage(folder, but={*range(10, DAYS)})
    online = []
    for path, name in ((tmp_path / "one.parquet", "one"), (folder, "days")):
        store = store_over(tmp_path, path, name, TAG if name == "days" else {})
        store.materialize(MARCH + timedelta(days=11), MARCH + timedelta(days=DAYS))
        online.append(store.get_online_features(["stats:v"], [{"k": k} for k in range(5)]).to_dict())
    assert online[0] == online[1] and None not in online[0]["v"]


def test_column_that_came_later_is_null_before(tmp_path, rows, asked):
    middle = MARCH + timedelta(days=7)
    early, late = rows[rows["event_timestamp"] < middle], rows[rows["event_timestamp"] >= middle]
    folder = write_partitions(tmp_path / "days", early.drop(columns="v"))
    write_partitions(folder, late)
    store = store_over(tmp_path, folder, "days", features={"v": Int64}, ttl=timedelta(hours=30))
    frame = retrieved(store, asked)
    known = (asked["event_timestamp"] >= middle + timedelta(hours=30)) & (asked["k"] < 5)
    assert frame["v"].isna().any() and frame["v"].notna()[known].all()
    assert retrieved(store, asked[asked["event_timestamp"] < middle])["v"].isna().all()


def test_rows_that_are_written_count(tmp_path, rows, asked):
    """They come into a file that is in no partition."""
    folder = write_partitions(tmp_path / "days", rows)
    store, moment = store_over(tmp_path, folder, "days", created="created"), asked["event_timestamp"].max()
    store.write_to_offline_store("stats", rows.head(1).assign(k=5, event_timestamp=moment, created=moment, v=7))
    assert [path.parent for path in tmp_path.rglob("written-*.parquet")] == [folder]
    assert retrieved(store, entities([(5, moment)], "k event_timestamp"))["v"].tolist() == [7]


def test_partition_of_no_day_is_always_read(tmp_path, rows, asked):
    folder = write_partitions(tmp_path / "days", rows)
    expected = retrieved(store_over(tmp_path, folder, "one", {}), asked)
    day = date(2024, 3, 3)
    (folder / f"date={day}").rename(folder / "date=unknown")
    pd.testing.assert_frame_equal(retrieved(store_over(tmp_path, folder, "days"), asked), expected)
