"""`capstan predict`."""

import base64
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from capstan.contract import request_text
from cli.options import Capstone, Json
from cli.output import console, print_json

LOADING_SECONDS = 120  # how long to wait for a capstone that is loading


def predict(
    capstone: Capstone,
    entity: Annotated[
        list[str] | None,
        typer.Option(
            "--entity", "-e", metavar="KEY=VALUE", help="A field of the request; repeat it. @FILE reads a file."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="JSON: one request, a list, or {instances: [...]}. - reads standard input."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask the endpoint for predictions. Wait for a capstone that is still loading, for two minutes at most."""
    from capstan import catalogue
    from capstan.services import endpoint_client
    from cli.answers import Answers

    catalogue.folder(capstone)
    if bool(entity) == bool(file):
        raise typer.BadParameter("Give either --entity KEY=VALUE, once per field, or --file REQUEST.json.")
    texts, instances = pairs(entity or []), _read(file) if file else []
    metadata = endpoint_client.get(capstone, f"/v2/models/{capstone}", LOADING_SECONDS)
    fields = metadata["request_schema"].get("properties", {})
    instances = instances or [{key: value(text, fields.get(key, {})) for key, text in texts.items()}]
    if metadata["predicts"]:
        body, path = {"instances": instances}, f"/v1/models/{capstone}:predict"
        answers = endpoint_client.post(capstone, path, body, patience=LOADING_SECONDS)
    else:
        path = f"/v2/models/{capstone}/generate"
        answers = {"predictions": [endpoint_client.post(capstone, path, instance) for instance in instances]}
    if as_json:
        print_json(answers)
        return
    console.print(Answers(metadata["prediction_schema"]).show(answers["predictions"]))


def pairs(entity: list[str]) -> dict[str, str]:
    """Return the fields of `--entity KEY=VALUE`, as text."""
    parts = [item.partition("=") for item in entity]
    for key, equals, _ in parts:
        if not (key and equals):
            raise typer.BadParameter(f"{key!r} is not KEY=VALUE.", param_hint="--entity")
    return {key: text for key, _, text in parts}


def value(text: str, schema: dict[str, Any]) -> Any:
    """Return a field's value: text if the schema allows it, else JSON; base64 of a file if the schema wants bytes."""
    kinds = [schema, *schema.get("anyOf", [])]
    encoded = any(kind.get("contentEncoding") == "base64" or kind.get("format") == "base64" for kind in kinds)
    if text.startswith("@"):
        content = _bytes(Path(text[1:]))
        return base64.b64encode(content).decode() if encoded else content.decode(errors="replace")
    return request_text.value(text, schema)


def _bytes(path: Path) -> bytes:
    """Return the content of a file, or of standard input for `-`."""
    from capstan.errors import CapstanError

    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise CapstanError(f"{path} cannot be read ({error.strerror}).") from error


def _read(file: Path) -> list[Any]:
    from capstan.errors import CapstanError

    try:
        content = json.loads(_bytes(file), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CapstanError(f"{_named(file)} is not readable JSON ({error}).") from error
    if isinstance(content, dict):
        content = content.get("instances", [content])
    if not isinstance(content, list):
        raise CapstanError(f"{_named(file)} holds a {type(content).__name__}, not a request or a list of requests.")
    return content


def _named(file: Path) -> str:
    return "Standard input" if str(file) == "-" else str(file)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON; write null where a value is missing")
