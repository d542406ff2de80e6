"""What the server loads by itself: what has a role when it starts, what failed, and what has a new roll-out."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress

from kserve.errors import ModelNotReady

from capstan.errors import CapstanError
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from serving.errors import one_line
from serving.model.memory import NoRoom
from serving.model.repository import RETRY_SECONDS, CapstoneRepository, import_libraries, served_names

log = logging.getLogger("serving")
SIDE_BY_SIDE = 4  # capstones that load at a time: they wait for MLflow most of it, and for each other while they import


async def keep_loaded(repository: CapstoneRepository) -> None:
    """Load what has a role; then, until cancelled, try again what failed: MLflow may have been away."""
    await _find_deployed(repository)
    names = iter(sorted(repository.loading))
    await asyncio.gather(*(_load_each(repository, names) for _ in range(SIDE_BY_SIDE)))
    await asyncio.to_thread(import_libraries)
    while True:
        await asyncio.sleep(settings().rollout_seconds or RETRY_SECONDS)
        for name in tuple(repository.failures):
            if await repository.is_due(name):
                await _try(repository, name)
        if settings().rollout_seconds:
            await _follow(repository)


async def _find_deployed(repository: CapstoneRepository) -> None:
    """Set `loading` to what has a role, once the registry answers: one request, however many capstones there are.

    Until then every capstone has failed. Asking for each would take them all as many time limits.
    """
    repository.loading, repository.unread = set(served_names()), "What to serve is being read from the registry."
    while True:
        try:
            deployed = await asyncio.to_thread(store.deployed)
        except CapstanError as error:
            if str(error) != repository.unread:
                log.warning("Nothing is served yet: %s", one_line(str(error)))
            repository.unread = str(error)
            for name in set(served_names()) - repository.models.keys():
                repository.failed(name, error)
            repository.loading.clear()
            await asyncio.sleep(RETRY_SECONDS)
            continue
        for name in [name for name in repository.failures if name not in repository.models]:
            repository.forget(name)
        repository.loading = (set(served_names()) & deployed) - repository.models.keys()
        repository.unread = None
        return


async def _load_each(repository: CapstoneRepository, names: Iterator[str]) -> None:
    """Load capstones until the memory is full; the others wait for their first request."""
    for name in names:
        await _try(repository, name)
        if name in repository.standby:
            rest = set(names)
            repository.loading -= rest
            repository.standby |= rest - repository.models.keys()  # a command may have loaded one


async def _follow(repository: CapstoneRepository) -> None:
    """Load what has another roll-out state than the registry. A command notifies each replica that it knows of; this is
    for one that was starting then, and for a command that was killed before. What is on standby reads its state when it
    loads."""
    with suppress(CapstanError):  # MLflow may be away: what is loaded serves on
        states = await asyncio.to_thread(store.readable)
        for name in served_names():
            state, model = states.get(name), repository.models.get(name)
            if state is None or name in repository.failures or name in repository.standby:
                continue
            if repository.stays_unloaded(name, state):
                continue
            if state != (model.state if model else RolloutState()) and (model or state.versions()):
                await _try(repository, name)


async def _try(repository: CapstoneRepository, name: str) -> None:
    known = repository.failures.get(name)
    try:
        await repository.load(name, evict=False)
    except NoRoom:
        log.info("%s is loaded by its first request: there is no room for it now", name)
    except Exception as error:
        if str(error) != known:
            bug = not isinstance(error, CapstanError | ModelNotReady)
            log.warning("%s is not served: %s", name, one_line(str(error)), exc_info=bug)
    else:
        if (reason := repository.failures.get(name)) and reason != known:
            log.warning("%s is served in part: %s", name, one_line(reason))
