"""What an operator decides at the console: pause, resume, promote, roll back. The history keeps who and why."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from shlex import quote
from typing import Any

from kserve.errors import InvalidInput, ModelNotFound, ModelNotReady

from capstan.errors import CapstanError
from capstan.rollout import commands, store
from capstan.rollout.state import DECIDED_ON, LONGEST_REASON, RolloutState
from capstan.settings import settings
from monitoring.history import Event, history
from monitoring.retraining.decisions import decide, tell_change
from serving.errors import Conflict, message_of, one_line
from serving.model.repository import CapstoneRepository

log = logging.getLogger("serving")
RELOAD_SECONDS = 60
KINDS = {"pause": "paused", "resume": "resumed", "promote": "promoted", "rollback": "rolled back"}


def reason_of(body: dict[str, Any]) -> str:
    """Return the reason that a request gives. Raises InvalidInput without one."""
    reason = " ".join(str(body.get("reason", "")).replace("\0", " ").split())
    if not reason:
        raise InvalidInput('Give a reason, as {"reason": "..."}: readers of the history want to know why.')
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(f"The reason has {len(reason)} characters; {LONGEST_REASON} are allowed.")
    return reason


def state_of(body: dict[str, Any]) -> dict[str, str]:
    """Return the state that a request was decided on, or the parts of it that it names. Raises InvalidInput."""
    state: dict[str, str] = body.get("state", {})
    if not state.keys() <= {*DECIDED_ON} or not all(isinstance(value, str) for value in state.values()):
        raise InvalidInput(f"`state` has texts for {', '.join(DECIDED_ON)}, as `rollout` of GET shows them.")
    return state


def by_command(name: str) -> dict[str, str]:
    """Return the commands of what the console does not do itself: a pod may not change roll-outs of a cluster."""
    if settings().profile == "cluster":
        return {verb: f"capstan --profile cluster {verb} {name}" for verb in ("run", "monitor", "promote", "rollback")}
    return {verb: f"capstan {verb} {name}" for verb in ("run", "monitor")}


class Decisions:
    """Does what operators decide, in its own threads: a roll-out waits for this server to load it."""

    def __init__(self, repository: CapstoneRepository):
        self.repository = repository
        self._pool = ThreadPoolExecutor(2, "decisions")

    async def take(self, name: str, verb: str, reason: str, who: str, state: Mapping[str, str]) -> Event:
        """Do it, and write the event. state: the roll-out that it was decided on.

        Raises Conflict when it cannot be done, CapstanError when something is away.
        """
        loop = asyncio.get_running_loop()

        def work() -> Event:
            if verb in ("pause", "resume"):
                return decide(name, KINDS[verb], reason, who)
            return self._roll(name, verb, reason, who, lambda capstone: self._reload(capstone, loop), state)

        event = await loop.run_in_executor(self._pool, work)
        log.info("%s: %s by %s: %s", name, event.kind, who, one_line(reason))
        return event

    def _roll(
        self, name: str, verb: str, reason: str, who: str, reload: Callable[[str], Any], decided_on: Mapping[str, str]
    ) -> Event:
        if verb in by_command(name):
            command = f"{by_command(name)[verb]} --reason {quote(reason)}"
            raise Conflict(f"A pod of an endpoint may not change roll-outs of the cluster. Type `{command}`.")
        before = store.read(name)  # what is away is reported before anything changes
        history().events(name, kinds=(KINDS[verb],))
        changes: dict[str, Callable[..., RolloutState]] = {"promote": commands.promote, "rollback": commands.rollback}
        try:
            state = changes[verb](name, f"{who}, at the console", reload, reason=reason, expected=decided_on)
        except CapstanError as error:
            raise Conflict(str(error)) from error
        try:
            event = tell_change(name, state, "" if verb == "promote" else _left(before))
        except CapstanError as error:
            told = f"Version {state.champion} is the champion now. The history will say why at the next monitoring run."
            raise CapstanError(f"{told} {error}") from error
        assert event, "a person's change with a reason"
        return event

    def _reload(self, name: str, loop: asyncio.AbstractEventLoop) -> list[dict[str, Any]]:
        """Load a roll-out again in this process: on one machine it is the only endpoint."""
        loading = asyncio.run_coroutine_threadsafe(self.repository.load(name), loop)
        try:
            model = loading.result(RELOAD_SECONDS)
        except (ModelNotFound, ModelNotReady) as error:
            raise CapstanError(message_of(error)) from error
        except TimeoutError as error:
            raise CapstanError(f"It was not loaded within {RELOAD_SECONDS} s.") from error
        return [{"variants": model.variants(), "unloadable": model.unloadable}]


def _left(before: RolloutState) -> str:
    """Return the version that a rollback takes the requests from."""
    return before.challenger or before.candidate or before.champion
