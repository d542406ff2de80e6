"""The model repository: KServe's load and unload, on top of the registry's aliases."""

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from types import ModuleType

from kserve import ModelRepository
from kserve.errors import ModelNotFound, ModelNotReady
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from capstan import catalogue, registry, rollout
from capstan.errors import CapstanError
from capstan.rollout.traffic import Traffic
from serving.errors import one_line
from serving.model.capstone import CapstoneModel
from serving.model.routing import Router
from serving.predictions.log import PredictionLog
from serving.scoring.variants import ALIASES, load_variants

log = logging.getLogger("serving")
RETRY_SECONDS = 2.0


def open_store():
    """Return the Feast store of this profile."""
    from feature_repo.store import open_store

    return open_store()


class CapstoneRepository(ModelRepository):
    """The capstones that are served, by name.

    `capstones` lists the names there are, `load_task` returns one's task, `open_store` the Feast store, opened once;
    `log` takes their predictions.
    """

    def __init__(
        self,
        capstones: Callable[[], list[str]] = catalogue.names,
        load_task: Callable[[str], ModuleType] = catalogue.load_task,
        open_store: Callable[[], object] = open_store,
        log: PredictionLog | None = None,
    ):
        super().__init__()
        self.capstones = capstones
        self.load_task = load_task
        self.open_store = cache(open_store)
        self.log = log or PredictionLog.of_settings()
        self.failures: dict[str, str] = {}  # capstones with a champion that could not be loaded -> why
        self._loading = asyncio.Lock()
        self._settled: set[str] = set()

    async def load(self, name: str, aliases: Sequence[str] = ALIASES) -> bool:
        """Read the aliases of a capstone again and swap its model.

        The old model answers until the new one is complete, and requests that it had begun keep it. When loading
        fails it stays. Raises ModelNotFound, ModelNotReady (no alias is set) and CapstanError.
        """
        if name not in self.capstones():
            raise ModelNotFound(name)
        async with self._loading:
            try:
                model = await asyncio.to_thread(self._build, name, aliases)
            except Exception as error:
                if name not in self.models and await asyncio.to_thread(_may_have_champion, name):
                    self.failures[name] = str(error)
                raise
            self.failures.pop(name, None)
            if not model.variants:
                self.models.pop(name, None)
                raise ModelNotReady(name, "The registry has neither a champion nor a challenger of it.")
            self.update(model)
            self._settle(name)
        return True

    def _settle(self, name: str) -> None:
        """Take what a capstone's first load has imported out of the garbage collector's sight: it is there to stay, and
        going through its million objects now and then stopped the server for 0.3 s."""
        if name not in self._settled:
            self._settled.add(name)
            gc.freeze()

    async def load_all(self) -> None:
        """Load what has an alias; the rest can be loaded later. One that cannot be loaded does not stop the others."""
        for name in self.capstones():
            await self._try(name)

    async def retry(self) -> None:
        """Load again, every few seconds and for ever, what could not be loaded: MLflow may have been away."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            for name in tuple(self.failures):
                await self._try(name)

    async def _try(self, name: str) -> None:
        known = self.failures.get(name)
        try:
            await self.load(name)
        except Exception as error:
            if name in self.failures and await self._champion_alone(name):
                log.warning("%s is served without its challenger: %s", name, one_line(str(error)))
            elif str(error) != known:
                bug = not isinstance(error, CapstanError | ModelNotReady)
                log.warning("%s is not served: %s", name, one_line(str(error)), exc_info=bug)

    async def _champion_alone(self, name: str) -> bool:
        """Return whether a champion serves after all: a challenger that cannot be loaded must not keep it from that."""
        with suppress(Exception):
            return await self.load(name, ("champion",))
        return False

    def _build(self, name: str, aliases: Sequence[str]) -> CapstoneModel:
        task, old = self.load_task(name), self.models.get(name)
        variants = load_variants(name, task, self.open_store, old.variants if old else {}, aliases)
        traffic = Traffic.from_json(registry.model_tags(name).get(rollout.TRAFFIC))
        keys = getattr(task, "ENTITY_KEYS", None) or list(task.Request.model_fields)
        title = getattr(task, "TITLE", "")
        return CapstoneModel(name, task.Request, variants, self.log, Router(traffic, keys), title)


def _may_have_champion(name: str) -> bool:
    try:
        return registry.champion(name) is not None
    except CapstanError:
        return True


class RepositoryExtension(ModelRepositoryExtension):
    """KServe's load turns every error into "not ready", with the exception's type in the text; this one raises it."""

    async def load(self, model_name: str) -> None:
        """Load or reload a model; one with only a challenger is loaded as well."""
        await self._model_registry.load(model_name)
