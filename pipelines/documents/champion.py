"""The model that the commands ask: the champion, which a canary or a roll-back may have changed."""

from __future__ import annotations

from capstan.contract.model import Model
from capstan.versions import registry


def champion() -> Model:
    """Return the model that serves. Raises CapstanError where there is none."""
    return registry.load_version("documents", version()).model


def version() -> str:
    """Return the number of the champion. Raises CapstanError where there is none."""
    return registry.champion("documents").version
