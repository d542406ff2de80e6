"""The folder as a plug-in in another project."""

import shutil
import sys
from pathlib import Path

import pytest

import feature_repo.offline_store

from .harness import at, entities, entity, feature_store, values, view, write


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A copy of the folder under another name, where this project cannot be imported."""
    shutil.copytree(Path(feature_repo.offline_store.__file__).parent, tmp_path / "lib" / "point_in_time")
    monkeypatch.syspath_prepend(tmp_path / "lib")
    for name in list(sys.modules):
        if name.split(".")[0] in ("feature_repo", "capstan"):
            monkeypatch.delitem(sys.modules, name)
    for name in ("feature_repo", "capstan"):
        monkeypatch.setitem(sys.modules, name, None)  # makes an import of it fail
    yield "point_in_time.asof.AsofOfflineStore"
    for name in list(sys.modules):
        if name.startswith("point_in_time"):
            del sys.modules[name]


def test_a_copy_under_another_name_works_without_this_project(elsewhere, tmp_path):
    store = feature_store(tmp_path / "repo", elsewhere)
    store.apply([entity(), view(write(tmp_path / "a.parquet", [(1, at(0), 10)]))])
    assert type(store._get_provider().offline_store).__module__ == "point_in_time.asof"
    assert values(store.get_historical_features(entities([(1, at(1))]), ["stats:v"]).to_df()) == [10]
