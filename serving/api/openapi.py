"""`GET /openapi.json`: openapi.yaml, and for each model that is loaded paths with its own request and an example."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path

import orjson
import yaml
from starlette.requests import Request
from starlette.responses import Response

from serving.api.dataplane import CapstanDataPlane
from serving.model.capstone import CapstoneModel
from serving.model.codec_v2 import example_of

TEMPLATE = Path(__file__).with_name("openapi.yaml")


class OpenApi:
    """The document of what is served now, built again when other models are loaded.

    `secured`: all but the probes needs a token.
    """

    def __init__(self, dataplane: CapstanDataPlane, secured: bool):
        self.dataplane, self.secured = dataplane, secured
        _template()  # 50 ms that no request should wait for
        self._models: dict[str, CapstoneModel] | None = None
        self._document = b""

    async def document(self, request: Request) -> Response:
        """Answer with the document."""
        models = dict(self.dataplane.model_registry.get_models())
        if models != self._models:
            self._models, self._document = models, orjson.dumps(build(models, self.secured))
        return Response(self._document, media_type="application/json")


@cache
def _template() -> dict:
    return yaml.load(TEMPLATE.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def build(models: Mapping[str, CapstoneModel], secured: bool = False) -> dict:
    """Return the document as JSON has it."""
    document = deepcopy(_template())
    if secured:
        document["security"] = [{"token": []}]
    for name, model in models.items():
        document["components"]["schemas"][f"{name}_row"] = _row(name, model.request_schema)
        document["paths"] |= _paths(document, name, model)
    return document


def _row(name: str, schema: dict) -> dict:
    """Return a request's schema as a component: pydantic's references start at the root."""
    return orjson.loads(orjson.dumps(schema).replace(b'"#/$defs/', f'"#/components/schemas/{name}_row/$defs/'.encode()))


def _paths(document: dict, name: str, model: CapstoneModel) -> dict:
    schemas, row = document["components"]["schemas"], example(model.request_schema)
    instances = deepcopy(schemas["PredictRequest"])
    instances["properties"]["instances"]["items"] = {"$ref": f"#/components/schemas/{name}_row"}
    tensors = deepcopy(schemas["InferRequest"])
    known = {"properties": {"name": {"enum": list(model.rows.fields)}}}
    tensors["properties"]["inputs"]["items"] = {"allOf": [tensors["properties"]["inputs"]["items"], known]}
    v1 = {"instances": [row]} if row else None
    v2 = {"inputs": example_of(model.rows, row)} if row else None
    wanted = {"/v1/models/{model_name}:predict": (instances, v1), "/v2/models/{model_name}/infer": (tensors, v2)}
    if model.explains:
        wanted["/v1/models/{model_name}:explain"] = (instances, v1)
    paths = {}
    for path, (schema, body) in wanted.items():
        operation = deepcopy(document["paths"][path]["post"])
        operation["operationId"] += f"_{name}"
        operation["summary"] += f": {model.title or name}"
        content = operation["requestBody"]["content"]["application/json"]
        content["schema"] = schema
        if body:
            content["examples"] = {"one": {"summary": "One row", "value": body}}
        paths[path.replace("{model_name}", name)] = {"post": operation}
    return paths


def example(schema: Mapping) -> dict | None:
    """Return a row of the examples that a request's fields state, or None when a required field states none."""
    row = {}
    for name, field in schema["properties"].items():
        values = field.get("examples") or field.get("enum")
        if values:
            row[name] = values[0]
        elif name in schema.get("required", ()):
            return None
    return row
