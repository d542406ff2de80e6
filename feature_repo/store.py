"""Feast stores: one project per capstone, on the stores of the profile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.ray_workers import RAY_ROWS
from capstan.settings import settings

if TYPE_CHECKING:
    from feast import FeatureStore


def open_store(capstone: str) -> "FeatureStore":
    """Return a capstone's Feast store in this profile."""
    return _store(capstone, settings().home, profile().feast(capstone))


def published(capstone: str) -> str:
    """Return the key of the folder of the feature tables that a capstone has published."""
    return f"features/{capstone}"


def materialized(capstone: str) -> str:
    """Return the key of the file that says what the online store of a capstone holds since its last run."""
    return f"{published(capstone)}/materialized"


def published_definitions(capstone: str) -> list[Any]:
    """Return a capstone's definitions with sources that lead to its published tables."""
    redirected, storage = [], profile().storage()
    for definition in definitions(capstone):
        if source := getattr(definition, "batch_source", None):
            definition = copy(definition)
            definition.batch_source = copy(source)
            options = definition.batch_source.file_options = copy(source.file_options)
            options.uri = storage.url(f"{published(capstone)}/{source.path}")
            options.s3_endpoint_override = storage.endpoint
            if stream := getattr(definition, "stream_source", None):
                # Feast makes a view's batch source again of this one, whenever it copies the view.
                definition.stream_source = copy(stream)
                definition.stream_source.batch_source = definition.batch_source
        redirected.append(definition)
    return redirected


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


def view_problems(capstone: str) -> list[str]:
    """Return which on-demand views fail for the values that Feast makes up when it first sees them, and how."""
    from feast import OnDemandFeatureView

    problems = []
    for view in definitions(capstone):
        if isinstance(view, OnDemandFeatureView):
            try:
                copy(view).infer_features()
            except Exception as error:
                problems.append(
                    f"the on-demand view {view.name} fails for values that Feast makes up "
                    f"({type(error).__name__}: {error}): let it return a value of its type for any input, not None"
                )
    return problems


def _offline(capstone: str) -> dict[str, Any]:
    """Return the settings of the offline store: which engine joins, and where Ray's tasks keep the parts of a join."""
    from feature_repo.offline_store.asof import AsofOfflineStore

    own = settings()
    store: dict[str, Any] = {"type": f"{AsofOfflineStore.__module__}.{AsofOfflineStore.__qualname__}"}
    store |= {"engine": own.engine, "auto_rows": RAY_ROWS, "task_memory_mb": own.task_memory_mb}
    if os.environ.get("RAY_ADDRESS"):  # its workers may be elsewhere
        storage = profile().storage()
        store |= {"scratch_location": storage.url(f"{published(capstone)}/scratch")}
        store |= {"scratch_location_endpoint_override": storage.endpoint or None}
    return store


def _store(capstone: str, tables: Path, stores: dict[str, Any]) -> "FeatureStore":
    from feast import FeatureStore, RepoConfig

    # A deployment reads the registry again. A refresh by time would show as latency in the server.
    registry = stores["registry"] | {"cache_ttl_seconds": 0}
    config = RepoConfig(
        project=capstone,
        provider="local",
        registry=registry,
        online_store=stores["online_store"],
        offline_store=_offline(capstone),
        entity_key_serialization_version=3,
        # Without it, Feast materializes the newest of all rows, even rows that had not arrived yet.
        materialization={"pull_latest_features": True},
        repo_path=tables,
    )
    return FeatureStore(config=config)
