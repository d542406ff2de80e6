"""The one Feast store of the platform, opened and applied."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.settings import settings

if TYPE_CHECKING:
    from feast import FeatureStore

REPO = Path(__file__).resolve().parent


def open_store() -> "FeatureStore":
    """Return the Feast store that `feature_store.yaml` describes, with `${CAPSTAN_HOME}` taken from the settings."""
    from feast import FeatureStore

    os.environ["CAPSTAN_HOME"] = str(settings().home)
    (settings().home / "feast").mkdir(parents=True, exist_ok=True)
    return FeatureStore(repo_path=str(REPO))


def apply(domain: str) -> "FeatureStore":
    """Register every entity, view and service of `feature_repo/DOMAIN.py`; return the store."""
    from importlib import import_module

    from feast import Entity, FeatureService, FeatureView, OnDemandFeatureView

    kinds = (Entity, FeatureView, OnDemandFeatureView, FeatureService)
    module = import_module(f"feature_repo.{domain}")
    store = open_store()
    store.apply([value for value in vars(module).values() if isinstance(value, kinds)])
    return store
