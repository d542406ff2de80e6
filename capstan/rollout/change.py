"""The one way to change a roll-out: one writer at a time, one write, and an endpoint that shows the effect.

A change that does not take effect is undone, so a command either does what it says or changes nothing. A command that
is killed leaves the state from before or after its one write, and the next command starts from there.
"""

import getpass
import itertools
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from capstan.errors import CapstanError, Unavailable
from capstan.profile import profile
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.services import endpoint_client

Reload = Callable[[str], list[dict[str, Any]]]  # see `endpoint_client.reload`


class RolloutChanged(CapstanError):
    """The roll-out is no longer the one that a decision was made for."""


@contextmanager
def changing(name: str, expected: Mapping[str, str] | None = None) -> Iterator[RolloutState]:
    """Yield the state, and stop other commands from changing it.

    expected: what the decision was made for, as `RolloutState.decided_on` returns it, or a part of that. Raises
    CapstanError at once when another command holds the state, and RolloutChanged when it is another one.
    """
    message = f"The roll-out of {name} is being changed by another command. Wait for it, then try again."
    with profile().lock(f"{name}.rollout", message):
        state = store.read(name)
        if differ := [field for field, value in (expected or {}).items() if getattr(state, field) != value]:
            now = ", ".join(f"{field} is {getattr(state, field) or 'none'}" for field in differ)
            raise RolloutChanged(
                f"The roll-out of {name} is not the one that this was decided on: {now} (changed by {state.by}). "
                "Nothing was changed. Look at it again, then decide."
            )
        if state.champion or state.challenger:
            store.copy_to_aliases(name, state)  # a killed command may not have done it
        yield state


def apply(
    name: str,
    before: RolloutState,
    after: RolloutState,
    by: str,
    require: Sequence[str],
    who: str = "",
    reload: Reload = endpoint_client.reload,
    reason: str = "",
) -> dict[str, str]:
    """Write a state and have each replica load it; return the roles that one could not load, with the reason.

    require: the roles that must load. Raises CapstanError, and restores the state `before`, when one of them does not
    or when a replica does not answer. who: by default the user of this process. reason: why they change it.
    """
    if after != before:  # else it is only loaded again
        after = stamped(_salted(before, after), by, who, reason)
    store.write_state(name, after)
    try:
        replies = _loaded(name, after, reload)
        for role, loaded in itertools.product(require, replies):
            if loaded["variants"].get(role) != getattr(after, role):
                reason = loaded["unloadable"].get(role, "it is not loaded")
                raise CapstanError(f"Version {getattr(after, role)} cannot be the {role} of {name}: {reason}")
    except BaseException as error:
        with undoing(error):
            store.write_state(name, before)
        with suppress(CapstanError):  # the first error is the one to report
            reload(name)
        if isinstance(error, CapstanError):
            raise CapstanError(f"{error} Nothing was changed.") from error
        raise
    store.copy_to_aliases(name, after)
    return {role: reason for loaded in replies for role, reason in loaded["unloadable"].items()}


def _loaded(name: str, state: RolloutState, reload: Reload) -> list[dict[str, Any]]:
    """Have each replica load a state, and return the replies. One without a version is an error to an endpoint."""
    try:
        return reload(name)
    except Unavailable:
        if state.versions():
            raise
        return []


@contextmanager
def undoing(error: BaseException) -> Iterator[None]:
    """Undo in the block what an error interrupted. When that fails, raise the error with a second line that says so."""
    try:
        yield
    except Exception as failure:
        second = f"Undoing it failed as well: {failure}"
        if isinstance(error, CapstanError):
            error.args = (f"{error}\n{second}",)
        else:
            error.add_note(second)
        raise error from None


def stamped(state: RolloutState, by: str, who: str = "", reason: str = "") -> RolloutState:
    """Return a state with the time, the author and the reason of its change: a command, and who ran it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")  # it distinguishes states, too
    return replace(state, since=now, by=f"{by} ({who or user()})", reason=reason)


def _salted(before: RolloutState, after: RolloutState) -> RolloutState:
    """Return a state with a secret for its challenger, which keeps the one it has."""
    if not after.traffic.shared:
        return replace(after, salt="")
    same = before.traffic.shared and before.challenger == after.challenger
    return replace(after, salt=(before.salt if same else "") or secrets.token_hex(16))


def user() -> str:
    """Return who runs this process, and where."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # a container may run as a user without a name
        return socket.gethostname()
