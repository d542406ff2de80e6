"""`/v2/monitoring`: what the console reads, and what operators decide there."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from capstan import catalogue
from predictions.json_text import dumps
from serving.api.body import read_object
from serving.api.router import ApiRoute
from serving.api.routes import MODEL
from serving.errors import Forbidden
from serving.guards.call import Kind, current
from serving.model.repository import CapstoneRepository
from serving.monitoring.console_data import ConsoleData
from serving.monitoring.decide import KINDS, Decisions, by_command, reason_of, state_of
from serving.monitoring.recent import Recent

NO_TOKENS = (
    "This endpoint knows no tokens, so it cannot know who decides. `python -m serving.guards.tokens add NAME --for "
    "operator --file FILE` makes one: set CAPSTAN_TOKENS_FILE=FILE and start the endpoint again; predictions then need "
    "a token, too. Without, use the command, such as `capstan pause`."
)


class Monitoring:
    """The routes of the console. `secured`: the endpoint knows tokens."""

    def __init__(self, repository: CapstoneRepository, secured: bool):
        self.secured = secured
        self._facts, self._recent, self._decisions = ConsoleData(repository), Recent(), Decisions(repository)

    def routes(self) -> list[BaseRoute]:
        """Return the routes. Reading needs no token: what it shows says nothing about a person."""
        own = f"/v2/monitoring/{MODEL}"
        return [
            ApiRoute("/v2/monitoring", self.overview, Kind.CONSOLE),
            ApiRoute(own, self.detail, Kind.CONSOLE),
            *(ApiRoute(f"{own}/{verb}", self.decide, Kind.OPERATE, methods=["POST"]) for verb in KINDS),
        ]

    async def overview(self, request: Request) -> Response:
        """Every capstone in short."""
        content = await self._recent.get("", self._facts.overview)
        return _json(content | {"actions": "" if self.secured else NO_TOKENS})

    async def detail(self, request: Request) -> Response:
        """All about a capstone."""
        name = _known(request)
        content = await self._recent.get(name, lambda: self._facts.detail(name))
        return _json(content | {"actions": "" if self.secured else NO_TOKENS, "by_command": by_command(name)})

    async def decide(self, request: Request) -> Response:
        """Pause or resume the retraining loop, promote or roll back. Raises Forbidden for an unknown client."""
        client = current.get().client
        if not client:
            raise Forbidden(NO_TOKENS)
        name, verb = _known(request), request.url.path.rpartition("/")[2]
        body = read_object(await request.body(), {"reason": str, "state": dict})
        reason, state = reason_of(body), state_of(body)
        try:
            event = await self._decisions.take(name, verb, reason, client, state)
        finally:
            self._recent.forget()
        return _json({"name": name} | event.as_dict())


def _known(request: Request) -> str:
    name: str = request.path_params["model_name"]
    if name not in catalogue.names():
        raise HTTPException(404, f"There is no capstone {name[:80]!r}. GET /v2/monitoring lists them.")
    return name


def _json(content: object) -> Response:
    return Response(dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"})
