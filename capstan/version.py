"""The loader that MLflow knows of versions that were registered before `capstan.model_version` had this name."""

from capstan.model_version import _load_pyfunc

__all__ = ["_load_pyfunc"]
