"""Old versions: those without a role that are not among the newest, of which retired ones are none."""

import re
from collections.abc import Collection
from contextlib import ExitStack

from capstan.data.retention_policy import Policy, Removed
from capstan.errors import CapstanError
from capstan.profile import profile
from capstan.rollout.change import changing
from capstan.rollout.state import RolloutState
from capstan.versions.best import best, of_tags
from capstan.versions.registry import ModelVersion, versions
from predictions.retention import erase_version

PAGES = ("reports", "monitoring")  # the folders of what is written about a version
NUMBER = re.compile(r"(?:^|-)version-(?P<number>\d+)(?=[-.])")


def clean(capstone: str, policy: Policy) -> list[Removed]:
    """Erase old versions for good, and what was written about them. Nothing else changes the roll-out meanwhile."""
    rule = f"beyond the newest {policy.versions} of each capstone that are not retired, without a role or a best value"
    with ExitStack() as held:
        try:
            held.enter_context(profile().no_run(capstone))
            state = held.enter_context(changing(capstone))
        except CapstanError as error:  # it is being run, or its roll-out is being changed
            return [Removed("versions", rule, notes=(f"The versions of {capstone} were left: {error}",))]
        known = versions(capstone)
        needed = {version.version for version in best(known, of_tags(known)).values()}
        old, kept = select(known, state, policy.versions, needed)
        if not policy.dry:
            for version in old:
                erase_version.erase(version, kept)
        numbers = {version.version for version in kept}
        pages = _clean_pages(capstone, {version.version for version in old}, numbers, policy.dry)
    return [Removed("versions", rule, len(old), len(kept)), pages]


def select(
    known: list[ModelVersion], state: RolloutState, newest: int, needed: Collection[str] = ()
) -> tuple[list[ModelVersion], list[ModelVersion]]:
    """Return the versions that go, the oldest first, and those that stay. `known` begins with the newest.

    A retired version takes the place of no other: it stays until so many newer ones that are not retired are there.
    needed: the numbers of versions that the gate compares candidates with.
    """
    needed = {*needed, *state.versions().values(), state.previous}
    kept: list[ModelVersion] = []
    counted = 0
    for version in known:
        if counted < newest or version.version in needed:
            kept.append(version)
        counted += not version.retired
    return [version for version in reversed(known) if version not in kept], kept


def _clean_pages(capstone: str, old: set[str], kept: set[str], dry: bool) -> Removed:
    """Remove what was written about versions that are gone, those of an interrupted command among them."""
    storage = profile().storage()
    result = Removed("reports", "of versions that are gone")
    newest = max(map(int, kept | old), default=0)
    for folder in PAGES:
        for key in storage.keys(f"{folder}/{capstone}"):
            match = NUMBER.search(key.rpartition("/")[2])
            # A newer version may be in the registry by now.
            if match and match["number"] not in kept and int(match["number"]) <= newest:
                result.removed += 1
                if not dry:
                    storage.remove(key)
            else:
                result.kept += 1
    return result
