"""The model that the commands ask."""

from __future__ import annotations

from capstan import registry
from capstan.errors import CapstanError
from capstan.model import Model


def champion() -> Model:
    """Return the newest model that the gate accepted. Raises CapstanError where there is none."""
    return registry.load_version("documents", version()).model


def version() -> str:
    """Return the version of the champion. Raises CapstanError where there is none."""
    accepted = [one.version for one in registry.versions("documents") if one.tags.get("verdict") == "accepted"]
    if not accepted:
        raise CapstanError("There is no accepted version of documents yet: capstan run documents.")
    return max(accepted, key=int)
