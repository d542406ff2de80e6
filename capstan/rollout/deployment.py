"""Deployment: a version is tried as the candidate, without traffic, before it becomes challenger or champion."""

from collections.abc import Callable
from dataclasses import replace

from capstan.rollout.change import RolloutChanged, apply, changing, undoing
from capstan.rollout.commands import require_no_rollout, require_not_retired
from capstan.rollout.state import RolloutState
from capstan.rollout.traffic import Traffic
from capstan.versions import registry

Try = Callable[[str], object]  # asks one role of the endpoint; raises when it does not answer as it should


def deploy(name: str, version: str, try_role: Try, canary: float = 0, champion: str | None = None) -> str:
    """Try a version, then give it requests. Return a line that says which role it has.

    canary: the percent of requests that it gets as the challenger; 0 makes it the champion, and less than 0 only
    tries it. The first version becomes the champion in any case. champion: the one that the gate compared it with, ""
    for none. When the version fails, the previous state is restored and the error is raised. Raises RolloutChanged when
    another champion serves now. A deployment that is repeated, as when its step lost its pod, changes nothing.
    """
    with changing(name) as state:
        if canary > 0 and state.challenger == version and state.traffic == Traffic("canary", canary):
            apply(name, state, state, "deploy", require=["champion", "challenger"])
            try_role("challenger")
            return f"Version {version} is the challenger already."
        require_no_rollout(name, state)
        require_not_retired(name, version)
        if champion is not None and state.champion not in (champion, version):
            compared = f"compared with version {champion}" if champion else "judged without a champion"
            now = f"version {state.champion} is the champion now" if state.champion else "there is no champion now"
            raise RolloutChanged(
                f"Version {version} of {name} was {compared}, but {now} (by {state.by}). Nothing was changed. Run the "
                "pipeline again: what is in the cache is not made again."
            )
        if state.champion == version:
            apply(name, state, replace(state, candidate=""), "deploy", require=["champion"])
            try_role("champion")
            return f"Version {version} is the champion already."
        candidate = replace(state, candidate=version)
        unloadable = apply(name, replace(state, candidate=""), candidate, "deploy", require=["candidate"])
        try:
            try_role("candidate")
            line = _admit(name, candidate, try_role, canary, unloadable.get("champion"))
            registry.set_tag(name, version, "deployment", "succeeded")
            return line
        except Exception as error:
            with undoing(error):
                apply(name, state, replace(state, candidate=""), "deploy", require=[])
            with undoing(error):
                registry.set_tag(name, version, "deployment", "failed")
            raise


def _admit(name: str, state: RolloutState, try_role: Try, canary: float, lost: str | None) -> str:
    version, before = state.candidate, state.champion
    if canary < 0 and before and not lost:
        apply(name, state, replace(state, candidate=""), "deploy", require=["champion"])
        return f"Version {version} was tried, and gets no requests. Version {before} is the champion."
    if canary and before and not lost:
        after = RolloutState(before, challenger=version, previous=state.previous, traffic=Traffic("canary", canary))
        apply(name, state, after, "deploy", require=["champion", "challenger"])
        return (
            f"Version {version} is the challenger of version {before} and answers {canary:g} % of the keys. Go on with "
            f"`capstan promote {name}` or `capstan rollback {name}`."
        )
    after = RolloutState(champion=version, previous=state.previous if lost else before)
    apply(name, state, after, "deploy", require=["champion"])
    try_role("champion")
    if lost:
        return f"Version {version} is the champion. It replaces version {before}, which cannot be loaded: {lost}"
    return f"Version {version} is the champion." + (" There was none to compare it with." if canary else "")
