"""`GET /openapi.json`: openapi.yaml, and for each model that is loaded paths with its own request and an example."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml
from starlette.requests import Request
from starlette.responses import Response

from serving.model.codec_v2 import example_of
from serving.model.predictor import Predictor
from serving.model.repository import CapstoneRepository
from serving.model.served_model import ServedModel

TEMPLATE = Path(__file__).with_name("openapi.yaml")
ANSWERS = {
    "/v1/models/{model_name}:predict": "predictions",
    "/v1/models/{model_name}:explain": "explanations",
    "/v2/models/{model_name}/infer": "",
    "/v2/models/{model_name}/generate": "",
    "/v2/models/{model_name}/generate_stream": "",
}
SAMPLES: dict[Any, Any] = {"boolean": True, "number": 1.5, "integer": 1}  # labels, by their type
SAMPLE_ID = "019353b4-5a40-7c1f-9d3e-2f6b8a0c4d5e"


class OpenApi:
    """The document of what is served now, built again when other models are loaded.

    `secured`: all but the probes needs a token.
    """

    def __init__(self, repository: CapstoneRepository, secured: bool):
        self.repository, self.secured = repository, secured
        _template()  # 50 ms that no request should wait for
        self._models: dict[str, ServedModel] | None = None
        self._document = b""

    async def document(self, request: Request) -> Response:
        """Answer with the document."""
        models = dict(self.repository.models)
        if models != self._models:
            self._models, self._document = models, orjson.dumps(build(models, self.secured))
        return Response(self._document, media_type="application/json")


@cache
def _template() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(TEMPLATE.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return document


def build(models: Mapping[str, ServedModel], secured: bool = False) -> dict[str, Any]:
    """Return the document as JSON has it. A model is described by its champion."""
    document = deepcopy(_template())
    if secured:
        document["security"] = [{"token": []}]
    for name, model in models.items():
        schemas = document["components"]["schemas"]
        schemas[f"{name}_row"] = component(f"{name}_row", model.main.request_schema)
        schemas[f"{name}_prediction"] = component(f"{name}_prediction", model.main.prediction_schema)
        document["paths"] |= _paths(document, name, model.main)
        document["paths"] |= _event_paths(document, name, model.main) | _label_path(document, name, model.main)
    for path in document["paths"].values():
        for responses in (operation["responses"] for operation in path.values() if "responses" in operation):
            if "401" in responses:  # a token may also be for something else
                responses.setdefault("403", {"$ref": "#/components/responses/Forbidden"})
    return document


def component(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema as a component: pydantic's references start at the root."""
    target = f'"#/components/schemas/{name}/$defs/'.encode()
    resolved: dict[str, Any] = orjson.loads(orjson.dumps(schema).replace(b'"#/$defs/', target))
    return resolved


def _paths(document: dict[str, Any], name: str, predictor: Predictor) -> dict[str, Any]:
    """Return the paths of a model, each with its own request, an example and its own answer."""
    bodies, row = _bodies(document, name, predictor), example(predictor.request_schema)
    examples: dict[str, Any] = {}
    if row:
        examples = {path: row if "generate" in path else {"instances": [row]} for path in bodies}
        examples["/v2/models/{model_name}/infer"] = {"inputs": example_of(predictor.inputs, row)}
    paths = {}
    for path, schema in bodies.items():
        operation = deepcopy(document["paths"][path]["post"])
        operation["operationId"] += f"_{name}"
        operation["summary"] += f": {predictor.title or name}"
        content = operation["requestBody"]["content"]["application/json"]
        content["schema"] = schema
        if path in examples:
            content["examples"] = {"one": {"summary": "One row", "value": examples[path]}}
        _describe_answer(operation, document, ANSWERS[path], {"$ref": f"#/components/schemas/{name}_prediction"})
        paths[path.replace("{model_name}", name)] = {"post": operation}
    return paths


def _event_paths(document: dict[str, Any], name: str, predictor: Predictor) -> dict[str, Any]:
    """Return the paths that take a model's events, one or many, if it takes any."""
    if not predictor.event_schema:
        return {}
    document["components"]["schemas"][f"{name}_event"] = component(f"{name}_event", predictor.event_schema)
    reference, row, paths = {"$ref": f"#/components/schemas/{name}_event"}, example(predictor.event_schema), {}
    for path in ("/v1/models/{model_name}:event", "/v1/models/{model_name}:events"):
        operation = deepcopy(document["paths"][path]["post"])
        operation["operationId"] += f"_{name}"
        operation["summary"] += f": {predictor.title or name}"
        content = operation["requestBody"]["content"]["application/json"]
        many = path.endswith("s")
        if many:
            content["schema"]["properties"]["events"]["items"] = reference
        else:
            content["schema"] = reference
        if row:
            value = {"events": [row]} if many else row
            content["examples"] = {"one": {"summary": "One event", "value": value}}
        paths[path.replace("{model_name}", name)] = {"post": operation}
    return paths


def _label_path(document: dict[str, Any], name: str, predictor: Predictor) -> dict[str, Any]:
    """Return the path that takes a model's labels, if it takes any."""
    if not predictor.actual_schema:
        return {}
    path, schemas = "/v2/models/{model_name}/actuals", document["components"]["schemas"]
    operation = deepcopy(document["paths"][path]["post"])
    operation["operationId"] += f"_{name}"
    operation["summary"] += f": {predictor.title or name}"
    own = schemas[f"{name}_actual"] = deepcopy(schemas["Actual"])
    own["properties"]["label"] = component(f"{name}_actual/properties/label", predictor.actual_schema)
    body = deepcopy(schemas["Actuals"])
    body["properties"]["actuals"]["items"] = {"$ref": f"#/components/schemas/{name}_actual"}
    content = operation["requestBody"]["content"]["application/json"]
    content["schema"] = body
    label = [*predictor.actual_schema.get("examples", ()), SAMPLES.get(predictor.actual_schema.get("type"))][0]
    if label is not None:
        actual = {"prediction_id": SAMPLE_ID, "label": label}
        content["examples"] = {"one": {"summary": "One label, by the prediction's id", "value": {"actuals": [actual]}}}
    return {path.replace("{model_name}", name): {"post": operation}}


def _bodies(document: dict[str, Any], name: str, predictor: Predictor) -> dict[str, Any]:
    """Return the schemas of the bodies that a model takes, by path."""
    schemas, row = document["components"]["schemas"], {"$ref": f"#/components/schemas/{name}_row"}
    instances = deepcopy(schemas["PredictRequest"])
    instances["properties"]["instances"]["items"] = row
    tensors = deepcopy(schemas["InferRequest"])
    known = {"properties": {"name": {"enum": list(predictor.inputs)}}}
    tensors["properties"]["inputs"]["items"] = {"allOf": [tensors["properties"]["inputs"]["items"], known]}
    bodies: dict[str, Any] = {}
    if predictor.variant.predicts:
        bodies |= {"/v1/models/{model_name}:predict": instances, "/v2/models/{model_name}/infer": tensors}
    if predictor.variant.explains:
        bodies["/v1/models/{model_name}:explain"] = instances
    if predictor.variant.streams:
        bodies |= {path: row for path in ANSWERS if "generate" in path}
    return bodies


def _describe_answer(operation: dict[str, Any], document: dict[str, Any], key: str, prediction: dict[str, Any]) -> None:
    """Add the fields of a model's prediction to the answer of one of its paths; `key` holds the rows of V1."""
    content = operation["responses"]["200"]["content"]
    if "application/json" not in content or (not key and "Generated" not in str(content)):
        return
    general = content["application/json"]["schema"]
    if not key:
        content["application/json"]["schema"] = {"allOf": [general, prediction]}
        return
    whole = deepcopy(document["components"]["schemas"][general["$ref"].rpartition("/")[2]])
    rows = whole["properties"][key]
    rows["items"] = {"allOf": [*rows["items"]["allOf"], prediction]}
    content["application/json"]["schema"] = whole


def example(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a row of the examples that a request's fields state, or None when a required field states none."""
    row = {}
    for name, field in schema["properties"].items():
        values = field.get("examples") or field.get("enum")
        if values:
            row[name] = values[0]
        elif name in schema.get("required", ()):
            return None
    return row
