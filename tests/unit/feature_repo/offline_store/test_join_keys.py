"""Join keys that would be compared to others than they are: large floats, categories and booleans."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .harness import at, entity, feature_store, values, view

LARGE = 2**53


def retrieved(folder, asked, stored, **settings) -> list:
    """Return a feature of the keys that are asked for; that of the first key of the source is 0."""
    folder.mkdir(exist_ok=True)
    times = pa.array([at(0)] * len(stored), pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"k": stored, "event_timestamp": times, "v": range(len(stored))}), folder / "s.parquet")
    store = feature_store(folder / "repo", **settings)
    store.apply([entity(), view(folder / "s.parquet")])
    frame = pd.DataFrame({"k": asked, "event_timestamp": [at(1)] * len(asked)})
    joined = store.get_historical_features(frame, ["stats:v"]).to_df()
    pd.testing.assert_series_equal(joined["k"], frame["k"])
    return values(joined)


@pytest.mark.parametrize("asked", [[1, LARGE, LARGE + 1, None], [1, -LARGE, None], [1.0, float("inf")]])
def test_a_float_that_is_not_exact_is_refused_with_its_row(tmp_path, asked):
    message = r"'k' of the entity dataframe, whose row 1 holds -?(9007199254740992.0|inf), to 'k' of .*Int64"
    with pytest.raises(ValueError, match=message):
        retrieved(tmp_path, asked, [LARGE + 1, LARGE, 1])


def test_large_integers_are_joined_as_they_are(tmp_path):
    asked = pd.array([LARGE, LARGE + 1, None, -LARGE - 1], "Int64")
    assert retrieved(tmp_path, asked, [LARGE + 1, LARGE, 1, -LARGE - 1]) == [1, 0, None, 3]
    assert retrieved(tmp_path, [LARGE - 1.0, 1 - LARGE, None], [LARGE - 1, 1 - LARGE]) == [0, 1, None]


@pytest.mark.parametrize(("stored", "first"), [(np.float64, LARGE), (np.float32, 2**24)])
def test_a_large_integer_is_not_joined_to_a_float(tmp_path, stored, first):
    source = pa.array(np.array([first, 7], stored))
    assert retrieved(tmp_path, [first - 1, 7], source) == [None, 1]
    with pytest.raises(ValueError, match=f"whose row 1 holds {first + 1}, to"):
        retrieved(tmp_path, [7, first + 1], source)


def test_the_row_is_that_of_all_rows_where_ray_joins_them(tmp_path):
    asked = [1.0] * 7 + [2.0**60]
    with pytest.raises(ValueError, match=r"whose row 7 holds 1.15\d+e\+18, to"):
        retrieved(tmp_path, asked, [1], engine="ray", task_rows=3)


@pytest.mark.parametrize("kind", [int, str])
def test_categories_are_compared_by_their_values(tmp_path, kind):
    asked = pd.Categorical([kind(9), None, kind(10), kind(9)], categories=[kind(10), kind(9)])
    assert retrieved(tmp_path, asked, [kind(10), kind(9)]) == [1, None, 0, 1]


@pytest.mark.parametrize(("asked", "stored"), [
    (pd.Categorical(["1", "2"]), [1, 2]), (pd.Categorical([1, 2]), ["1", "2"]), ([True, False], [1, 0]),
    ([1, 0], [True, False]), ([True, False], ["true", "false"]), (pd.Categorical([True, False]), [1, 0]),
])  # fmt: skip
def test_keys_of_another_kind_are_refused(tmp_path, asked, stored):
    with pytest.raises(ValueError, match=r"'k' of the entity dataframe, which holds .*: give both one type"):
        retrieved(tmp_path, asked, stored)


def test_large_floats_of_categories_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"whose row 1 holds 9007199254740992\.0"):
        retrieved(tmp_path, pd.Categorical([1.0, LARGE + 1.0]), [1, LARGE])


def test_booleans_are_joined_to_booleans(tmp_path):
    assert retrieved(tmp_path, [True, False], [False, True]) == [1, 0]
