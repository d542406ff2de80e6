"""A profile says where stores, reports and services are, so that other code need not know."""

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from capstan.errors import CapstanError
from capstan.settings import settings


class Profile(Protocol):
    """What differs between a laptop and a cluster, besides the addresses in the settings."""

    def feature_tables(self, capstone: str) -> Path:
        """Return the folder of the feature tables that a capstone has published. Feast reads them there."""

    def feast(self) -> dict[str, Any]:
        """Return Feast's registry and online store, as in feature_store.yaml."""

    def workspace(self) -> str:
        """Return the path or the URL of the Evidently workspace."""

    def reports(self, capstone: str) -> Path:
        """Return the folder of a capstone's reports."""

    def ensure(self, service: str) -> None:
        """Wait until a service, "mlflow" or "endpoint", answers. Start it first if Capstan runs it."""

    def lock(self, name: str, message: str) -> AbstractContextManager[None]:
        """Hold a named lock. Raise CapstanError with the message at once when another process holds it."""


class LocalProfile:
    """One machine: SQLite, folders under `CAPSTAN_HOME`, and processes that `capstan.stack` starts."""

    def feature_tables(self, capstone: str) -> Path:
        """Return `HOME/features/CAPSTONE`."""
        return settings().home / "features" / capstone

    def feast(self) -> dict[str, Any]:
        """Return SQLite files under `HOME/feast`. Make the folder if it is new."""
        folder = settings().home / "feast"
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "registry": {"registry_type": "sql", "path": f"sqlite:///{folder}/registry.db"},
            "online_store": {"type": "sqlite", "path": f"{folder}/online.db"},
        }

    def workspace(self) -> str:
        """Return `HOME/evidently`."""
        return str(settings().home / "evidently")

    def reports(self, capstone: str) -> Path:
        """Return `HOME/reports/CAPSTONE`."""
        return settings().home / "reports" / capstone

    def ensure(self, service: str) -> None:
        """Start a service, unless it runs or the settings name one elsewhere."""
        from capstan import stack

        stack.ensure(service)

    @contextmanager
    def lock(self, name: str, message: str) -> Iterator[None]:
        """Lock a file under `HOME/run`; the system releases it when its holder dies."""
        path = settings().home / "run" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CapstanError(message) from None
            yield


@cache
def profile() -> Profile:
    """Return the profile of this process."""
    return LocalProfile()
