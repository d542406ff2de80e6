"""Capstones that are loaded by their first request, and stay in memory while one is under way."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from capstan.contract.resources import Limits
from serving.guards.call import Answer, Call, Kind

KINDS = (Kind.PREDICT, Kind.STREAM, Kind.LABEL)


class Models(Protocol):
    """The part of the model repository that the guard uses."""

    async def load_for_use(self, name: str, seconds: float) -> None:
        """Load a capstone that is on standby. Raises Loading when it takes longer."""

    def using(self, name: str) -> AbstractContextManager[None]:
        """Keep a capstone in memory inside the block."""

    def limits(self, name: str) -> Limits:
        """Return what a request to a model may take."""


class FirstUse:
    """Has a call for a capstone that is on standby wait until it is loaded, at most for the seconds of its limits."""

    def __init__(self, models: Models):
        self.models = models

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises Loading, and what the load raises."""
        if call.kind not in KINDS:
            return await proceed()
        with self.models.using(call.asked):
            await self.models.load_for_use(call.asked, call.limits.seconds)
            call.limits = self.models.limits(call.asked)
            return await proceed()
