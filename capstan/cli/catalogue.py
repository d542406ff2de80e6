"""`capstan list`, `capstan compile`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from capstan.cli.options import Capstone, Json
from capstan.cli.output import console, print_json


def list_capstones(as_json: Json = False) -> None:
    """List the capstones."""
    from rich.markup import escape
    from rich.table import Table

    from capstan import catalogue

    rows = [_describe(name) for name in catalogue.names()]
    if as_json:
        print_json(rows)
        return
    table = Table("capstone", "question", box=None)
    for row in rows:
        problem = f"[red]{escape(row['problem'])}[/]" if "problem" in row else row["title"]
        table.add_row(f"[bold]{row['name']}[/]", problem)
    console.print(table)


def _describe(name: str) -> dict[str, Any]:
    """Return what a capstone is, or what is wrong with it, so that one bad capstone does not hide the others."""
    from capstan import capstone, catalogue
    from capstan.errors import CapstanError

    try:
        task = catalogue.load_task(name)
    except CapstanError as error:
        return {"name": name, "problem": str(error)}
    return {"name": name, "title": task.TITLE, "capabilities": sorted(capstone.capabilities(task))}


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
            f"{path} could not be written ({error}). Give a .yaml file in a folder that exists."
        ) from error
    console.print(f"{path}")
