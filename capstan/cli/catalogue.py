"""`capstan list`, `capstan compile`."""

from pathlib import Path
from typing import Annotated

import typer

from capstan.cli.options import Capstone, Json
from capstan.cli.output import console, print_json


def list_capstones(as_json: Json = False) -> None:
    """List the capstones."""
    from rich.table import Table

    from capstan import catalogue

    titles = {name: catalogue.load_task(name).TITLE for name in catalogue.names()}
    if as_json:
        print_json([{"name": name, "title": title} for name, title in titles.items()])
        return
    table = Table("capstone", "question", box=None)
    for name, title in titles.items():
        table.add_row(f"[bold]{name}[/]", title)
    console.print(table)


def compile_pipeline(
    capstone: Capstone,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The YAML file; NAME.yaml by default.")] = None,
) -> None:
    """Compile a capstone's pipeline to the YAML that Kubeflow Pipelines runs."""
    from kfp import compiler

    from capstan import catalogue
    from capstan.errors import CapstanError

    path = output or Path(f"{capstone}.yaml")
    pipeline = catalogue.load_pipeline(capstone)
    try:
        compiler.Compiler().compile(pipeline, str(path))
    except (OSError, ValueError) as error:
        raise CapstanError(
            f"{path} could not be written ({error}). It has to be a .yaml file in a folder that exists."
        ) from error
    console.print(f"{path}")
