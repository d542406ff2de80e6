"""`POST /v2/models/NAME/actuals`: what turned out to be true."""

import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from predictions.json_text import dumps
from serving.api.body import read_json
from serving.api.router import ApiRoute
from serving.api.routes import MODEL
from serving.guards.call import Kind, current
from serving.labels.service import LabelService, summary
from serving.model.repository import CapstoneRepository

log = logging.getLogger("serving")


class Actuals:
    """The route of labels."""

    def __init__(self, repository: CapstoneRepository):
        self.repository = repository
        self.service = LabelService(repository.log)

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [ApiRoute(f"/v2/models/{MODEL}/actuals", self.take, Kind.LABEL, methods=["POST"])]

    async def take(self, request: Request) -> Response:
        """Take labels; answer what became of each. Raises NotImplementedError for a model without labels."""
        payload = read_json((await request.receive())["body"])
        model, call = self.repository.served(request.path_params["model_name"]), current.get()
        call.model = model.name
        if model.main.label_decoder is None:
            raise NotImplementedError(f"{model.main.variant.label} takes no labels.")
        results = await self.service.take(model.name, model.main.label_decoder, payload, call.client)
        status, refused = summary(results)
        if refused:
            count = sum("error" in result for result in results)
            log.warning("POST %r: %d, %d labels refused", request.url.path, status, count)
        content = {"results": results} | ({"error": refused} if refused else {})
        return Response(dumps(content), status, media_type="application/json")
