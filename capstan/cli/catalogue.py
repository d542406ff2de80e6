"""`capstan list`, `capstan compile`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from capstan.cli.options import Capstone, Json
from capstan.cli.output import console, print_json


def list_capstones(as_json: Json = False) -> None:
    """List the capstones, with the first metric of each one's newest version where MLflow runs."""
    from rich.markup import escape
    from rich.table import Table

    from capstan import catalogue

    answers = _mlflow_answers()
    rows = [_describe(name, answers) for name in catalogue.names()]
    if as_json:
        print_json(rows)
        return
    table = Table("capstone", "question", "newest version", box=None)
    for row in rows:
        problem = f"[red]{escape(row['problem'])}[/]" if "problem" in row else row["title"]
        table.add_row(f"[bold]{row['name']}[/]", problem, _words(row.get("newest")))
    console.print(table)
    if not answers:
        console.print("MLflow does not run, so no metrics are shown. Start it with `capstan up`.")


def _mlflow_answers() -> bool:
    from capstan import stack
    from capstan.settings import settings

    return settings().profile == "cluster" or stack.healthy(stack.services()["mlflow"])


def _describe(name: str, answers: bool) -> dict[str, Any]:
    """Return what a capstone is, or what is wrong with it, so that one bad capstone does not hide the others."""
    from capstan import capstone, catalogue
    from capstan.errors import CapstanError

    try:
        task = catalogue.load_task(name)
    except CapstanError as error:
        return {"name": name, "problem": str(error)}
    found = {"name": name, "title": task.TITLE, "capabilities": sorted(capstone.capabilities(task))}
    return found | ({"newest": _newest(name, next(iter(task.THRESHOLDS)))} if answers else {})


def _newest(name: str, metric: str) -> dict[str, Any] | None:
    """Return number, verdict and first metric of the newest version, or None where there is no version."""
    from capstan import registry

    found = next(iter(registry.versions(name)), None)
    if found is None:
        return None
    value = registry.run_metrics(found.run_id).get(metric)
    return {"version": found.version, "verdict": found.tags.get("verdict"), "metric": metric, "value": value}


def _words(newest: dict[str, Any] | None) -> str:
    if newest is None:
        return ""
    value = "" if newest["value"] is None else f" {newest['value']:.4f}"
    rejected = ", [red]rejected[/]" if newest["verdict"] == "rejected" else ""
    return f"{newest['version']}: {newest['metric']}{value}{rejected}"


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
