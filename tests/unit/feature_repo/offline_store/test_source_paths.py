"""Which files a source has, what its folders say, and columns with names that DuckDB uses itself."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from feast.types import Int64, String

from .harness import at, entities, entity, feature_store, values, view, write

ASKED = entities([(1, at(1)), (2, at(1))])


def retrieved(folder, path, feature="v", **options):
    """Return a feature of the keys 1 and 2, from a source at `path`."""
    store = feature_store(folder / "repo", **options.pop("settings", {}))
    store.apply([entity(), view(path, **options)])
    return values(store.get_historical_features(ASKED, [f"stats:{feature}"]).to_df(), feature)


ABOVE = ["k=1", "v=7", "event_timestamp=2030-01-01", "seed=1/date=2026-01-01", "date=1999-01-01"]


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("path", ["s.parquet", "", "*.parquet"])
@pytest.mark.parametrize("tags", [{}, {"date_partition_column": "date"}])
def test_folders_above_a_source_are_no_columns(tmp_path, above, path, tags):
    folder = tmp_path / above / "source"
    write(folder / "s.parquet", [(1, at(0), 10), (2, at(0), 20)])
    assert retrieved(tmp_path, folder / path, tags=tags) == [10, 20]


def test_partitions_by_date_below_a_folder_of_another_date(tmp_path):
    """The day of a file is that of its partition, not of a folder above the source."""
    source = tmp_path / "date=1999-01-01" / "source"
    for day in (1, 9):
        time = at(24 * (day - 1))
        write(source / f"date=2024-03-0{day}" / "s.parquet", [(1, time, day), (2, time, -day)])
    (source / "date=2024-03-05").mkdir()
    (source / "date=2024-03-05" / "s.parquet").write_bytes(b"not parquet")  # not of a day that can matter
    assert retrieved(tmp_path, source, tags={"date_partition_column": "date"}) == [1, -1]


def test_folders_below_a_source_are_columns(tmp_path):
    """The key, a date, a text and a missing value; of the file and the folder, the file counts."""
    source = tmp_path / "seed=1" / "k=9" / "source"
    for key, day, name in ((1, "2026-01-01", "a%2Fb"), (2, "2026-01-02", "__HIVE_DEFAULT_PARTITION__")):
        folder = source / f"k={key}" / f"day={day}" / f"name={name}" / "V=5"
        write(folder / "s.parquet", [(at(0), 10 * key)], "event_timestamp v")
    store = feature_store(tmp_path / "repo")
    store.apply([entity(), view(source, features={"v": Int64, "name": String, "day": String})])
    frame = store.get_historical_features(ASKED, ["stats:v", "stats:name", "stats:day"]).to_df()
    assert values(frame) == [10, 20] and values(frame, "name") == ["a/b", None]
    assert [day.date() if hasattr(day, "date") else day for day in frame["day"]] == [date(2026, 1, 1), date(2026, 1, 2)]


@pytest.mark.parametrize(("name", "others"), [("m[12]", "m1"), ("a?b", "axb"), ("s*t", "sxt"), ("[!a]", "b")])
@pytest.mark.parametrize("path", ["s.parquet", ""])
def test_a_path_that_exists_is_no_pattern(tmp_path, name, others, path):
    write(tmp_path / name / "s.parquet", [(1, at(0), 10), (2, at(0), 20)])
    write(tmp_path / others / "s.parquet", [(1, at(0), 777), (2, at(0), 888)])
    assert retrieved(tmp_path, tmp_path / name / path) == [10, 20]
    store = feature_store(tmp_path / "repo")
    store.write_to_offline_store("stats", entities([(1, at(0.5), 11)], "k event_timestamp v"))
    assert values(store.get_historical_features(ASKED, ["stats:v"]).to_df()) == [11, 20]


def test_a_path_that_does_not_exist_is_a_pattern(tmp_path):
    write(tmp_path / "seed=1" / "m1" / "s.parquet", [(1, at(0), 10)])
    write(tmp_path / "seed=1" / "m2" / "s.parquet", [(2, at(0), 20)])
    write(tmp_path / "seed=1" / "m3" / "s.parquet", [(2, at(0.5), 30)])
    assert retrieved(tmp_path, tmp_path / "seed=1" / "m[12]" / "*.parquet") == [10, 20]


def test_what_is_not_data_is_left_out(tmp_path):
    for name in ("_temporary/0/part.parquet", ".ipynb_checkpoints/s.parquet", ".hidden.parquet", "_x.parquet", "b.txt"):
        write(tmp_path / "_home" / ".source" / name, [(1, at(0.5), 99), (2, at(0.5), 99)])
    write(tmp_path / "_home" / ".source" / "a.PARQUET", [(1, at(0), 10)])
    write(tmp_path / "_home" / ".source" / "_p=1" / "a.parquet", [(2, at(0), 20)])
    assert retrieved(tmp_path, tmp_path / "_home" / ".source") == [10, 20]
    with pytest.raises(FileNotFoundError, match="where there is no parquet file"):
        retrieved(tmp_path / "pattern", tmp_path / "_home" / ".source" / "*.parquet")


CLASHING = ["file_index", "file_row_number", "File_Index", "filename", "column_0", "arrival", "created", "row", "key_0"]


@pytest.mark.parametrize("name", CLASHING)
@pytest.mark.parametrize("is_dated", [False, True])
def test_a_column_with_any_name_leaves_the_tie_rule(tmp_path, name, is_dated):
    """Of equal event times the last row in the last file counts, whatever a column with this name holds."""
    columns = f"k event_timestamp {name} v"
    source = tmp_path / "source"
    write(source / "date=2024-03-01" / "a.parquet", [(1, at(0), 9, 1), (1, at(0), 8, 2), (2, at(0), 7, 3)], columns)
    write(source / "date=2024-03-01" / "b.parquet", [(1, at(0), 6, 4), (1, at(0), 5, 5)], columns)
    tags = {"date_partition_column": "date"} if is_dated else {}
    assert retrieved(tmp_path, source, name, features=(name, "v"), tags=tags) == [5, 7]
    store = feature_store(tmp_path / "repo")
    assert values(store.get_historical_features(ASKED, ["stats:v"]).to_df()) == [5, 3]
    store.materialize(at(-1), at(1))
    online = store.get_online_features([f"stats:{name}", "stats:v"], [{"k": 1}, {"k": 2}]).to_dict()
    assert online[name] == [5, 7] and online["v"] == [5, 3]


def test_a_partition_with_the_name_of_a_helper_column(tmp_path):
    write(tmp_path / "source" / "file_index=4" / "a.parquet", [(1, at(0), 1), (1, at(0), 2)])
    write(tmp_path / "source" / "file_index=3" / "b.parquet", [(2, at(0), 3)])
    assert retrieved(tmp_path, tmp_path / "source", "file_index", features=("file_index", "v")) == [4, 3]


@pytest.mark.parametrize("file_columns", [["V", "v"], ["v", "V", "v_1"], ["v_1", "v", "V"]])
def test_names_that_differ_only_in_case_are_refused_by_their_own_names(tmp_path, file_columns):
    table = {"k": [1, 2], "event_timestamp": pa.array([at(0)] * 2, pa.timestamp("us", "UTC")), "w": [1, 2]}
    for name, columns in (("a", file_columns), ("b", file_columns[::-1])):
        write(tmp_path / "source" / f"{name}.parquet", [(1, at(0))], "k event_timestamp")
        both = pa.table(table | {column: [10 * n, 20 * n] for n, column in enumerate(columns, 1)})
        pq.write_table(both, tmp_path / "source" / f"{name}.parquet")
    for column in file_columns:
        with pytest.raises(ValueError, match=r"whose columns \['V', 'v'.*\] differ only in case"):
            retrieved(tmp_path / column, tmp_path / "source", column, features=(column,))
    assert retrieved(tmp_path / "w", tmp_path / "source", "w", features=("w",)) == [1, 2]


def test_a_number_at_the_end_of_a_name_is_part_of_it(tmp_path):
    write(tmp_path / "a.parquet", [(1, at(0), 10, 11), (2, at(0), 20, 21)], "k event_timestamp v v_1")
    assert retrieved(tmp_path, tmp_path / "a.parquet", "v_1", features=("v", "v_1")) == [11, 21]


@pytest.mark.slow
def test_parts_on_ray_below_such_folders(tmp_path, monkeypatch):
    """The parts of a join lie below folders `a=b`, too, with the columns `key_0` and `row`."""
    import ray

    from capstan.ray_workers import start_ray

    parts = tmp_path / "row=1" / "key_0=5" / "m[1]"
    parts.mkdir(parents=True)
    write(tmp_path / "source" / "k=1" / "s.parquet", [(at(0), 10), (at(0.5), 11)], "event_timestamp v")
    write(tmp_path / "source" / "k=2" / "s.parquet", [(at(0), 20)], "event_timestamp v")
    start_ray(cpus=2)
    try:
        monkeypatch.setattr("tempfile.tempdir", str(parts))
        assert retrieved(tmp_path, tmp_path / "source", settings={"engine": "ray", "task_rows": 1}) == [11, 20]
    finally:
        ray.shutdown()


def test_statistics_of_a_column_with_the_name_of_a_helper_column(tmp_path):
    path = write(tmp_path / "a.parquet", [(1, at(0), 4), (1, at(0), 6)], "k event_timestamp file_index")
    source = view(path).batch_source
    store = feature_store(tmp_path / "repo")
    offline = store._get_provider().offline_store
    [metric] = offline.compute_monitoring_metrics(store.config, source, [("file_index", "numeric")], "event_timestamp")
    assert metric["mean"] == 5
    names = [name for name, _ in offline.get_table_column_names_and_types_from_data_source(store.config, source)]
    assert names == ["k", "event_timestamp", "file_index"]


def test_frames_are_read_without_the_folders_above(tmp_path):
    from capstan.data.files import read_tables, write_tables

    home = tmp_path / "seed=1" / "k=9" / "m[1]"
    write_tables({"rows": pd.DataFrame({"k": [1, 2]})}, home)
    assert read_tables(home)["rows"].to_dict("list") == {"k": [1, 2]}
