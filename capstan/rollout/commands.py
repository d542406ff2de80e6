"""Canary, A/B, shadow, promote, rollback: aliases and traffic in the registry, then one reload of the endpoint.

This is the one place that knows how a roll-out is carried out; `capstan.inference_service` says what it is on a
cluster.
"""

from capstan import registry
from capstan.endpoint_client import reload
from capstan.errors import CapstanError
from capstan.rollout.traffic import Traffic

TRAFFIC, PREVIOUS = "traffic", "previous_champion"


def split(name: str, traffic: Traffic, version: str | None = None) -> str:
    """Share a capstone's requests with a challenger: `version`, the one there is, or the newest accepted version.

    Return its number. Raises CapstanError when there is no champion, or nothing to be the challenger.
    """
    champion = _champion(name)
    challenger = version or _candidate(name, champion.version)
    if challenger == champion.version:
        raise CapstanError(f"Version {challenger} of {name} is the champion already: choose another with --version.")
    registry.set_alias(name, "challenger", challenger)
    registry.set_model_tag(name, TRAFFIC, traffic.to_json())
    reload(name)
    return challenger


def promote(name: str) -> str:
    """Make the challenger the champion, and remember the champion before it; return the new champion's number."""
    before, challenger = registry.champion(name), registry.by_alias(name, "challenger")
    if challenger is None:
        raise CapstanError(f"{name} has no challenger. Start one with `capstan canary {name} --percent 10`.")
    make_champion(name, challenger.version, before.version if before else "")
    return challenger.version


def rollback(name: str) -> str:
    """End the roll-out under way, or else bring back the champion before this one; return the champion's number."""
    champion = _champion(name)
    if registry.by_alias(name, "challenger"):
        registry.delete_alias(name, "challenger")
        registry.set_model_tag(name, TRAFFIC, Traffic().to_json())
        reload(name)
        return champion.version
    previous = registry.model_tags(name).get(PREVIOUS)
    if not previous:
        raise CapstanError(
            f"{name} has had no champion before version {champion.version}: there is nothing to go back to."
        )
    make_champion(name, previous, "")
    return previous


def make_champion(name: str, version: str, previous: str) -> None:
    """Give all requests to a version; `previous` is what a rollback brings back, "" is nothing."""
    registry.set_alias(name, "champion", version)
    registry.delete_alias(name, "challenger")
    registry.set_model_tag(name, PREVIOUS, previous)
    registry.set_model_tag(name, TRAFFIC, Traffic().to_json())
    reload(name)


def _champion(name: str) -> registry.ModelVersion:
    champion = registry.champion(name)
    if champion is None:
        raise CapstanError(f"{name} has no champion yet. Train one with `capstan run {name}`.")
    return champion


def _candidate(name: str, champion: str) -> str:
    if challenger := registry.by_alias(name, "challenger"):
        return challenger.version
    for version in registry.versions(name):
        if version.version != champion and version.tags.get("verdict") == "accepted":
            return version.version
    raise CapstanError(
        f"{name} has no accepted version beside its champion. Train one with `capstan run {name} --seed 1`."
    )
