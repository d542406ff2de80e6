"""A profile says where stores, reports and services are, so that other code need not know."""

from contextlib import AbstractContextManager
from functools import lru_cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol

from capstan.settings import Settings, settings

if TYPE_CHECKING:
    from capstan.data.retention_policy import Policy, Removed
    from capstan.data.storage import Storage


class Profile(Protocol):
    """What differs between a laptop and a cluster, besides the addresses in the settings."""

    def storage(self) -> "Storage":
        """Return where features, reports and predictions are published."""

    def database(self, name: str) -> str:
        """Return the SQLAlchemy URL of the database with the tables of `name`, such as "labels"."""

    def feast(self, capstone: str) -> dict[str, Any]:
        """Return the registry and the online store of a capstone, as in feature_store.yaml."""

    def stored_rows(self, capstone: str) -> dict[str, int]:
        """Return the rows of each table of both. Raise CapstanError when one is missing or damaged."""

    def discard_stores(self, capstone: str) -> None:
        """Set both aside, so that they are made again."""

    def workspace(self) -> str:
        """Return the path or the URL of the Evidently workspace."""

    def ensure(self, service: str, capstone: str = "") -> None:
        """Wait until "mlflow" or the "endpoint" of a capstone answers. Start it first if Capstan runs it."""

    def fit_on_ray(self, capstone: str, tables: str, model: str, parameters: dict[str, Any]) -> bool:
        """Train on Ray workers if the profile has them. Return whether it did."""

    def endpoint(self, capstone: str) -> str:
        """Return the URL of the endpoint that serves a capstone."""

    def replicas(self, capstone: str) -> AbstractContextManager[list[str]]:
        """Open the way to each process that serves a capstone: their URLs."""

    def lock(self, name: str, message: str) -> AbstractContextManager[None]:
        """Hold a named lock. Raise CapstanError with the message at once when another process holds it."""

    def no_run(self, capstone: str) -> AbstractContextManager[None]:
        """Raise CapstanError while a capstone's pipeline runs. On one machine, none starts in the block either."""

    def stop(self, capstone: str) -> list[str]:
        """Stop the runs of a capstone's pipeline that go on, and wait until they have ended. Return which, in words."""

    def serving(self, capstone: str) -> list[str]:
        """Return what serves a capstone, in words."""

    def retire(self, capstone: str) -> list[str]:
        """Take down what serves a capstone that has no champion any more, its online features, and the runs that start
        by themselves. Return what there was besides what serves it, in words."""

    def clean_runs(self, capstones: list[str], policy: "Policy") -> list["Removed"]:
        """Remove old runs of capstones' pipelines, as the policy says, and what only they need."""


def profile() -> Profile:
    """Return the profile of this process, which follows the settings."""
    return _of(settings())


@lru_cache(maxsize=1)
def _of(own: Settings) -> Profile:
    [found] = entry_points(group="capstan.profiles", name=own.profile)  # of pyproject.toml
    loaded: Profile = found.load()()
    return loaded
