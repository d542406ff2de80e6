"""Canary, A/B, shadow, promote and rollback."""

from collections.abc import Mapping
from dataclasses import replace

from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.rollout.change import Reload, apply, changing
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic
from capstan.services import endpoint_client
from capstan.versions import registry


def split(
    name: str,
    traffic: Traffic,
    version: str | None = None,
    force: bool = False,
    expected: Mapping[str, str] | None = None,
) -> str:
    """Give a challenger a share of the requests: `version`, else the current one, else the newest accepted version.

    Return its number. expected: the state that this was decided on: see `changing`. Raises CapstanError when there is
    no champion or no such version, and without `force` when the gate rejected the version or its deployment failed.
    """
    with changing(name, expected) as state:
        _require_champion(name, state)
        challenger = (
            _named(name, version, force) if version is not None else state.challenger or _newest_accepted(name, state)
        )
        if challenger == state.champion:
            raise CapstanError(f"Version {challenger} of {name} is the champion already: name another with --version.")
        after = replace(state, challenger=challenger, candidate="", traffic=traffic)
        apply(name, state, after, f"capstan {traffic.mode}", require=["champion", "challenger"])
        return challenger


def promote(
    name: str,
    who: str = "",
    reload: Reload = endpoint_client.reload,
    version: str | None = None,
    force: bool = False,
    reason: str = "",
    expected: Mapping[str, str] | None = None,
) -> RolloutState:
    """Make the challenger the champion, and remember the previous one. Return the new state.

    who: by default the user of this process. reload: notifies each replica of the endpoint. version: another than the
    challenger, if `force` is set, also one that the gate rejected or that never was a challenger. reason: why; it is
    kept with the state, in the same write. expected: the state that this was decided on: see `changing`.
    """
    with changing(name, expected) as state:
        if version is not None and version != state.challenger:
            _require_champion(name, state)
            if not force:
                raise CapstanError(
                    f"Version {version} is not the challenger of {name}. Try it first with `capstan canary {name} "
                    f"--version {version} --percent 10`, or add --force and --reason."
                )
            _named(name, version, force)
            if version == state.champion:
                raise CapstanError(f"Version {version} of {name} is the champion already.")
        elif not state.challenger:
            raise CapstanError(f"{name} has no challenger. Start one with `capstan canary {name} --percent 10`.")
        after = RolloutState(champion=version or state.challenger, previous=state.champion)
        apply(name, state, after, "capstan promote", ["champion"], who, reload, reason)
        return store.read(name)


def rollback(
    name: str,
    who: str = "",
    reload: Reload = endpoint_client.reload,
    reason: str = "",
    expected: Mapping[str, str] | None = None,
) -> RolloutState:
    """End the current roll-out, or bring back the previous champion. Return the new state.

    who, reload, reason and expected: as for `promote`.
    """
    with changing(name, expected) as state:
        _require_champion(name, state)
        if state.challenger or state.candidate:
            after = replace(state, challenger="", candidate="", traffic=Traffic())
        elif state.previous:
            require_not_retired(name, state.previous)
            after = RolloutState(champion=state.previous)
        else:
            raise CapstanError(
                f"Only one champion before is remembered, and for version {state.champion} of {name} there is none. To "
                f"bring back another version, use `capstan canary {name} --version N` and `capstan promote {name}`."
            )
        apply(name, state, after, "capstan rollback", ["champion"], who, reload, reason)
        return store.read(name)


def require_no_rollout(name: str, state: RolloutState) -> None:
    """Raise CapstanError while there is a challenger: a new version would end its roll-out."""
    if state.challenger:
        raise CapstanError(
            f"A roll-out of {name} is under way: version {state.challenger} is the challenger of version "
            f"{state.champion} ({state.traffic.describe()}), since {state.since}. End it first with `capstan promote "
            f"{name}` or `capstan rollback {name}`."
        )


def require_not_retired(name: str, number: str) -> None:
    """Raise CapstanError when a version was retired. Nothing overrides that."""
    version = registry.version(name, number)
    if version and version.retired:
        raise CapstanError(
            f"Version {number} of {name} was retired ({version.tags[registry.RETIRED]}) and serves no more. "
            f"Name another version, or train one with `capstan run {name}`."
        )


def _require_champion(name: str, state: RolloutState) -> None:
    if not state.champion:
        raise CapstanError(f"{name} has no champion yet. Train one with `capstan run {name}`.")


def _named(name: str, number: str, force: bool) -> str:
    known = registry.known_version(name, number)
    require_not_retired(name, number)
    if (problem := _problem(known)) and not force:
        raise CapstanError(f"Version {number} of {name}: {problem}. Add --force to serve it anyway.")
    return number


def _problem(version: registry.ModelVersion) -> str:
    """Return why a version should not serve, or nothing."""
    if version.retired:
        return "it was retired"
    if version.tags.get("verdict") != "accepted":
        return "the gate rejected it"
    return "its deployment failed" if version.tags.get("deployment") == "failed" else ""


def _newest_accepted(name: str, state: RolloutState) -> str:
    newer = [version for version in registry.versions(name) if int(version.version) > int(state.champion)]
    for version in newer:
        if not _problem(version):
            return version.version
    raise CapstanError(
        f"{name} has no accepted version that is newer than its champion, version {state.champion}. Train one with "
        f"`capstan run {name} --canary 10` and other parameters, or name a version with --version."
    )
