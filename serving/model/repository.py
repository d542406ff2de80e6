"""The model repository: KServe's load and unload, on top of the roll-out's state in the registry."""

import asyncio
import gc
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from kserve import ModelRepository
from kserve.errors import ModelNotFound, ModelNotReady

from capstan import catalogue
from capstan.errors import CapstanError
from capstan.resources import Limits
from capstan.rollout import store
from capstan.rollout.state import RolloutState
from capstan.settings import settings
from predictions.log import PredictionLog
from serving.errors import Loading, one_line
from serving.model.served_model import ServedModel
from serving.scoring.variants import NoEndpoint, OpenStore, load_variants

if TYPE_CHECKING:
    from feast import FeatureStore

log = logging.getLogger("serving")
DEFAULTS = Limits()
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 2.0, 60.0


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
    about to be served, `failures` says why one, or a role of it, is not, and `blocking` are those that no champion
    answers for.
    """

    def __init__(self, open_store: OpenStore = open_profile_store, log: PredictionLog | None = None):
        super().__init__()
        self.models: dict[str, ServedModel] = {}
        self.open_store = open_store
        self.log = log or PredictionLog.of_settings()
        self.loading: set[str] = set()
        self.failures: dict[str, str] = {}
        self.blocking: set[str] = set()
        self._attempts: dict[str, Attempt] = {}
        self._lock = asyncio.Lock()
        self._settled: set[str] = set()

    def served(self, name: str) -> ServedModel:
        """Return a model that is loaded. Raises ModelNotFound, or Loading for one that will be."""
        model = self.models.get(name)
        if model is None:
            if name in self.failures:
                raise Loading(f"{name!r} is not loaded: {self.failures[name]}")
            if name in self.loading:
                raise Loading(f"{name!r} is loading. Try again in a few seconds.")
            raise ModelNotFound(name)
        return model

    def limits(self, name: str) -> Limits:
        """Return what a request to a model may take; the defaults for one that is not loaded."""
        model = self.models.get(name)
        return model.limits if model else DEFAULTS

    async def load(self, name: str) -> ServedModel:
        """Read the roll-out of a capstone again, load what has a role, and swap.

        The old model answers until the new one is complete, and requests that it had begun keep it. When nothing can
        be loaded it stays. Raises ModelNotFound, ModelNotReady (nothing has a role) and CapstanError.
        """
        if name not in served_names():
            raise ModelNotFound(name)
        async with self._lock:
            try:
                model = await asyncio.to_thread(self._build, name)
            except (ModelNotReady, NoEndpoint):
                self._forget(name)
                raise
            except Exception as error:
                self._failed(name, error)
                raise
            finally:
                self.loading.discard(name)
            self._forget(name)
            self.update(model)
            if model.unloadable:
                self._failed(name, Unloadable(model.state, model.unloadable))
            else:
                self._attempts.pop(name, None)
            self._settle(name)
        return model

    def unload(self, name: str) -> None:
        """Stop serving a model until it is loaded again. Raises ModelNotFound."""
        if name not in self.models:
            raise ModelNotFound(name)
        self._forget(name)

    def _forget(self, name: str) -> None:
        self.models.pop(name, None)
        self.failures.pop(name, None)
        self.blocking.discard(name)

    def _failed(self, name: str, error: Exception) -> None:
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

    def _build(self, name: str) -> ServedModel:
        state, old = store.read(name), self.models.get(name)
        if not state.versions():
            raise ModelNotReady(name, "It has neither a champion nor a challenger nor a candidate.")
        _import_libraries()
        held = {role: predictor.variant for role, predictor in old.predictors.items()} if old else {}
        # Each time anew: the store may have been replaced. The variants share it.
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

    async def keep_loaded(self) -> None:
        """Load what has a role; then, until cancelled, try again what failed: MLflow may have been away."""
        await self._find_deployed()
        for name in sorted(self.loading):
            await self._try(name)
        await asyncio.to_thread(_import_libraries)
        while True:
            await asyncio.sleep(settings().rollout_seconds or RETRY_SECONDS)
            for name in tuple(self.failures):
                if await self._is_due(name):
                    await self._try(name)
            if settings().rollout_seconds:
                await self._follow()

    async def _find_deployed(self) -> None:
        """Set `loading` to what has a role, once the registry answers: one request, however many capstones there are.

        Until then every capstone has failed. Asking for each would take them all as many time limits.
        """
        self.loading, told = set(served_names()), ""
        while True:
            try:
                deployed = await asyncio.to_thread(store.deployed)
            except CapstanError as error:
                if str(error) != told:
                    log.warning("Nothing is served yet: %s", one_line(str(error)))
                told = str(error)
                for name in set(served_names()) - self.models.keys():
                    self._failed(name, error)
                self.loading.clear()
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for name in [name for name in self.failures if name not in self.models]:
                self._forget(name)
            self.loading = (set(served_names()) & deployed) - self.models.keys()
            return

    async def _follow(self) -> None:
        """Load what has another roll-out state than the registry. A command tells each replica that it finds; this is
        for one that was starting then."""
        for name in served_names():
            if name not in self.failures:
                with suppress(CapstanError):  # MLflow may be away: what is loaded serves on
                    state, model = await asyncio.to_thread(store.read, name), self.models.get(name)
                    if state != (model.state if model else RolloutState()) and (model or state.versions()):
                        await self._try(name)

    async def _is_due(self, name: str) -> bool:
        """Return whether to try again: when the roll-out has changed, or else after ever longer waits."""
        attempt = self._attempts.get(name)
        if attempt is None or time.monotonic() >= attempt.due:
            return True
        with suppress(CapstanError):
            return (await asyncio.to_thread(store.read, name)) != attempt.state
        return False

    async def _try(self, name: str) -> None:
        known = self.failures.get(name)
        try:
            await self.load(name)
        except Exception as error:
            if str(error) != known:
                bug = not isinstance(error, CapstanError | ModelNotReady)
                log.warning("%s is not served: %s", name, one_line(str(error)), exc_info=bug)
        else:
            if (reason := self.failures.get(name)) and reason != known:
                log.warning("%s is served in part: %s", name, one_line(reason))


def _import_libraries() -> None:
    """Import what the first load needs. A deployment would otherwise wait ten seconds for it."""
    from feature_repo.quick_import import import_feast

    import_feast()  # first: MLflow imports it, too
    import_module("mlflow.artifacts")


def _listed(unloadable: Mapping[str, str]) -> str:
    return "; ".join(f"{role}: {reason}" for role, reason in unloadable.items())
