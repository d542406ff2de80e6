"""Feast stores: one project per capstone, on the stores of the profile."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.profile import profile

if TYPE_CHECKING:
    from feast import FeatureStore


def open_store(capstone: str) -> "FeatureStore":
    """Return a capstone's Feast store in this profile. Its sources are relative to the published tables."""
    return _store(capstone, profile().feature_tables(capstone), profile().feast(capstone))


@contextmanager
def temporary_store(capstone: str, tables: Path) -> Iterator["FeatureStore"]:
    """Yield a Feast store over the feature tables in a folder. Its registry is temporary."""
    with TemporaryDirectory(prefix="capstan-feast-") as folder:
        registry = {"registry_type": "file", "path": f"{folder}/registry.db"}
        store = _store(
            capstone, tables, {"registry": registry, "online_store": {"type": "sqlite", "path": f"{folder}/online.db"}}
        )
        store.apply(definitions(capstone))
        yield store


def definitions(capstone: str) -> list[Any]:
    """Return every entity, view and service of `pipelines/NAME/features.py`."""
    from feast import Entity, FeatureService, FeatureView, OnDemandFeatureView

    catalogue.add_search_path()
    if not (catalogue.folder(capstone) / "features.py").exists():
        raise CapstanError(
            f"{capstone} has the features capability, but no pipelines/{capstone}/features.py with its feature views."
        )
    module = import_module(f"pipelines.{capstone}.features")
    kinds = (Entity, FeatureView, OnDemandFeatureView, FeatureService)
    return [value for value in vars(module).values() if isinstance(value, kinds)]


def _store(capstone: str, tables: Path, stores: dict[str, Any]) -> "FeatureStore":
    from feast import FeatureStore, RepoConfig

    from feature_repo.offline_store.asof import AsofOfflineStore

    # A deployment reads the registry again. A refresh by time would show as latency in the server.
    registry = stores["registry"] | {"cache_ttl_seconds": 0}
    config = RepoConfig(
        project=capstone,
        provider="local",
        registry=registry,
        online_store=stores["online_store"],
        offline_store={"type": f"{AsofOfflineStore.__module__}.{AsofOfflineStore.__qualname__}"},
        entity_key_serialization_version=3,
        # Without it, Feast materializes the newest of all rows, even rows that had not arrived yet.
        materialization={"pull_latest_features": True},
        repo_path=tables,
    )
    return FeatureStore(config=config)
