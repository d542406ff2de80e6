"""The model repository: KServe's load and unload, on top of the roll-out's state in the registry."""

import asyncio
import gc
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from kserve import ModelRepository
from kserve.errors import ModelNotFound, ModelNotReady

from capstan import catalogue
from capstan.contract.resources import Limits
from capstan.errors import CapstanError, Unavailable
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from capstan.versions import model_version, registry
from predictions.log import PredictionLog
from serving.errors import Loading
from serving.model.memory import ModelMemory, NoRoom, release, size_of
from serving.model.served_model import ServedModel
from serving.scoring.variants import NoEndpoint, OpenStore, load_variants

if TYPE_CHECKING:
    from feast import FeatureStore

log = logging.getLogger("serving")
DEFAULTS = Limits()
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 2.0, 60.0  # the waits until a broken version is tried again

_importing = threading.Lock()


def served_names() -> list[str]:
    """Return the capstones that this server serves."""
    return [name for name in catalogue.names() if not settings().serve or name in settings().serve]


def open_profile_store(capstone: str) -> "FeatureStore":
    """Return a capstone's Feast store, on the stores of this profile."""
    from feature_repo.store import open_store

    return open_store(capstone)


class Unloadable(CapstanError):
    """None of a capstone's versions can be loaded; `reasons` says why, by role."""

    def __init__(self, state: RolloutState, reasons: Mapping[str, str]):
        super().__init__(_listed(reasons))
        self.state, self.reasons = state, reasons


class Attempt(NamedTuple):
    """A load that failed, at least in part: the roll-out's state, when to try again, and the wait after that."""

    state: RolloutState
    due: float
    wait: float


class CapstoneRepository(ModelRepository):
    """The capstones that are served, by name.

    `open_store` opens a Feast store, at each load; `log` takes the predictions. `loading` are the capstones that are
    about to be served, `standby` those that their first request loads, `failures` says why one, or a role of it, is not
    served, and `blocking` are those that no champion answers for. `unread` says why the server does not know yet what
    to serve.
    """

    def __init__(self, open_store: OpenStore = open_profile_store, log: PredictionLog | None = None):
        super().__init__()
        self.models: dict[str, ServedModel] = {}
        self.open_store = open_store
        self.log = log or PredictionLog.of_settings()
        self.loading: set[str] = set()
        self.failures: dict[str, str] = {}
        self.blocking: set[str] = set()
        self.standby: set[str] = set()
        self.unread: str | None = None
        self.memory = ModelMemory(settings().serving_memory)
        self._attempts: dict[str, Attempt] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._first_uses: dict[str, asyncio.Task[ServedModel]] = {}
        self._limits: dict[str, Limits] = {}  # of capstones that were loaded once
        self._unloaded: dict[str, RolloutState | None] = {}  # by a request, and the roll-out as it was then
        self._settled: set[str] = set()

    def served(self, name: str) -> ServedModel:
        """Return a model that is loaded. Raises ModelNotFound, Loading for one that will be, or Unavailable."""
        model = self.models.get(name)
        if model is None:
            if name in self.failures:
                raise (Loading if self.unread else Unavailable)(f"{name!r} is not loaded: {self.failures[name]}")
            if name in self.loading:
                raise Loading(f"{name!r} is loading. Try again in a few seconds.")
            if name in self.standby:
                raise Loading(f"{name!r} is not in memory. Try again in a few seconds.")
            raise ModelNotFound(name)
        return model

    def limits(self, name: str) -> Limits:
        """Return what a request to a model may take; the defaults for one that is not known."""
        if name in self.standby and name not in self._limits:  # an operator's bound holds until its own are known
            return Limits(bytes=settings().max_body_bytes)
        return self._limits.get(name, DEFAULTS)

    def names(self) -> list[str]:
        """Return the capstones that are served, also those that their first request loads."""
        return [*self.models, *sorted(self.standby)]

    def using(self, name: str) -> AbstractContextManager[None]:
        """Keep a capstone in memory inside the block."""
        return self.memory.using(name)

    async def load_for_use(self, name: str, seconds: float = DEFAULTS.seconds) -> None:
        """Load a capstone that is on standby; requests that come together share the load.

        Raises Loading when it takes longer than so many seconds; it goes on. Raises what `load` raises.
        """
        if name not in self.standby:
            return
        if name not in self._first_uses:
            self._first_uses[name] = task = asyncio.create_task(self.load(name))
            task.add_done_callback(lambda done: (self._first_uses.pop(name), done.cancelled() or done.exception()))
        loading = self._first_uses[name]
        await asyncio.wait([loading], timeout=seconds)
        if not loading.done():
            raise Loading(f"{name!r} is loading. Try again in a few seconds.")
        loading.result()

    async def load(self, name: str, evict: bool = True) -> ServedModel:
        """Read the roll-out of a capstone again, load what has a role, and swap.

        The old model answers until the new one is complete, and requests that it had begun keep it. When nothing can
        be loaded it stays. `evict`: others that are not in use may be unloaded for it. Raises ModelNotFound,
        ModelNotReady (nothing has a role), NoRoom and CapstanError.
        """
        if name not in served_names():
            raise ModelNotFound(name)
        async with self._locks[name]:
            try:
                with self.memory.using(name):
                    model = await self._load(name, evict)
            except NoRoom:
                if name not in self.models:
                    self.forget(name)
                    self.standby.add(name)
                raise
            except (ModelNotReady, NoEndpoint):
                self.forget(name)
                raise
            except Exception as error:
                self.standby.discard(name)
                self.failed(name, error)
                raise
            finally:
                self.loading.discard(name)
                self._unloaded.pop(name, None)
                self.memory.settle(name, _bytes_of(self.models.get(name)))
            self.forget(name)
            self.update(model)
            self._limits[name] = model.limits
            self.memory.settle(name, _bytes_of(model))
            if model.unloadable:
                self.failed(name, Unloadable(model.state, model.unloadable))
            else:
                self._attempts.pop(name, None)
            self._settle(name)
        return model

    async def _load(self, name: str, evict: bool) -> ServedModel:
        state = await asyncio.to_thread(store.read, name)
        if not state.versions():
            raise ModelNotReady(name, "It has neither a champion nor a challenger nor a candidate.")
        if self.memory.limit is not None:
            need = await asyncio.to_thread(self._size, name, state)
            if self.memory.reserve(name, need, self._set_aside if evict else None):
                await asyncio.to_thread(release)
        return await asyncio.to_thread(self._build, name, state)

    async def unload(self, name: str) -> None:
        """Stop serving a model until it is loaded again, or its roll-out changes. Raises ModelNotFound."""
        if name not in self.models and name not in self.standby:
            raise ModelNotFound(name)
        self._unloaded[name] = self.models[name].state if name in self.models else None
        self.forget(name)
        await asyncio.to_thread(release)

    def _set_aside(self, name: str) -> None:
        """Unload a capstone; its next request loads it."""
        log.info("%s is unloaded to make room", name)
        self.forget(name)
        self.standby.add(name)

    def forget(self, name: str) -> None:
        """Serve a capstone no longer, and with it what is known of its failures."""
        self.models.pop(name, None)
        self.standby.discard(name)
        self.memory.settle(name, 0)
        self.failures.pop(name, None)
        self.blocking.discard(name)

    def failed(self, name: str, error: Exception) -> None:
        """Keep why a capstone, or a role of it, is not served."""
        self.failures[name] = str(error) or type(error).__name__
        model = self.models.get(name)
        answered = model is not None and "champion" in model.predictors
        if not answered and not (isinstance(error, Unloadable) and "champion" not in error.reasons):
            self.blocking.add(name)
        if isinstance(error, Unloadable):
            before = self._attempts.get(name)
            wait = min(2 * before.wait, LONGEST_RETRY_SECONDS) if before else RETRY_SECONDS
            self._attempts[name] = Attempt(error.state, time.monotonic() + wait, wait)
        else:
            self._attempts.pop(name, None)

    def _size(self, name: str, state: RolloutState) -> int:
        """Download the versions of a roll-out that are not loaded; return the bytes that they will take in memory."""
        model, size = self.models.get(name), 0
        for version in set(state.versions().values()) - set(model.versions() if model else ()):
            with suppress(CapstanError):  # loading it says why
                size += size_of(registry.hold_version(name, version).path / model_version.DATA)
        return size

    def _build(self, name: str, state: RolloutState) -> ServedModel:
        old = self.models.get(name)
        import_libraries()
        held = {role: predictor.variant for role, predictor in old.predictors.items()} if old else {}
        # Each time again: the store may have been replaced. The variants share it.
        variants, unloadable = load_variants(name, state.versions(), cache(self.open_store), held)
        if not variants:
            raise Unloadable(state, unloadable)
        return ServedModel(name, variants, self.log, state, unloadable)

    def _settle(self, name: str) -> None:
        """Hide what a capstone's first load has imported from the garbage collector. These million objects stay anyway,
        and each full collection of them stopped the server for 0.3 s."""
        if name not in self._settled:
            self._settled.add(name)
            gc.freeze()
            # What a request leaves is freed by its reference counts. Looking for cycles after every 700 objects, which
            # is Python's default, takes up to a tenth of the time under load.
            gc.set_threshold(20_000)

    def stays_unloaded(self, name: str, state: RolloutState) -> bool:
        """Return whether a request has unloaded a capstone and its roll-out has not changed since."""
        if name not in self._unloaded:
            return False
        if self._unloaded[name] is None:  # it was on standby, and its roll-out had not been read
            self._unloaded[name] = state
        return self._unloaded[name] == state

    async def is_due(self, name: str) -> bool:
        """Return whether to try again what failed: when the roll-out has changed, or else after ever longer waits."""
        attempt = self._attempts.get(name)
        if attempt is None or time.monotonic() >= attempt.due:
            return True
        with suppress(CapstanError):
            return (await asyncio.to_thread(store.read, name)) != attempt.state
        return False


def import_libraries() -> None:
    """Import what the first load needs. A deployment would otherwise wait ten seconds for it."""
    from feature_repo.quick_import import import_feast

    with _importing:  # the first import changes another library for a while
        import_feast()  # first: MLflow imports it, too
        import_module("mlflow.artifacts")


def _bytes_of(model: ServedModel | None) -> int:
    """Return what a loaded model takes in memory: each version once, whatever roles it has."""
    variants = [predictor.variant for predictor in model.predictors.values()] if model else []
    files = {variant.version: variant.files.path / model_version.DATA for variant in variants if variant.files}
    return sum(map(size_of, files.values()))


def _listed(unloadable: Mapping[str, str]) -> str:
    return "; ".join(f"{role}: {reason}" for role, reason in unloadable.items())
