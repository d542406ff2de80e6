"""`capstan predict`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from capstan.cli.options import Capstone, Json
from capstan.cli.output import console, print_json


def predict(
    capstone: Capstone,
    entity: Annotated[
        list[str] | None, typer.Option("--entity", "-e", metavar="KEY=VALUE", help="A field of the request; repeat it.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="A JSON file: one request, a list of them, or {instances: [...]}."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask the endpoint for predictions."""
    from capstan import catalogue, endpoint

    catalogue.load_task(capstone)
    if bool(entity) == bool(file):
        raise typer.BadParameter("Give either --entity KEY=VALUE, once a field, or --file REQUEST.json.")
    instances = _read(file) if file else [_parse(entity)]
    answers = endpoint.post(f"/v1/models/{capstone}:predict", {"instances": instances})
    if as_json:
        print_json(answers)
        return
    for answer in answers["predictions"]:
        console.print(
            f"[bold]{answer['probability']:.3f}[/]  version {answer['model_version']}  {answer['prediction_id']}"
        )
        for what in ("missing", "expired", "future"):
            if names := answer.get(f"{what}_features"):
                console.print(f"       [yellow]{what}:[/] {', '.join(names)}")


def _parse(entity: list[str]) -> dict[str, str]:
    pairs = [item.partition("=") for item in entity]
    for key, equals, _ in pairs:
        if not (key and equals):
            raise typer.BadParameter(f"{key!r} is no KEY=VALUE.", param_hint="--entity")
    return {key: value for key, _, value in pairs}


def _read(file: Path) -> list:
    from capstan.errors import CapstanError

    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise CapstanError(f"{file} is not a readable JSON file ({error}).") from error
    if isinstance(content, dict):
        content = content.get("instances", [content])
    if not isinstance(content, list):
        raise CapstanError(f"{file} holds a {type(content).__name__}; it has to hold a request or a list of them.")
    return content
