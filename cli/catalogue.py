"""`capstan list`, `capstan compile`."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Capstone, Json
from cli.output import console, print_json

if TYPE_CHECKING:
    from capstan.versions.registry import ModelVersion

Newest = dict[str, tuple["ModelVersion", dict[str, float]]]  # versions and their metrics, by the capstone's name


def list_capstones(as_json: Json = False) -> None:
    """List the capstones, with the first metric of each one's newest version where MLflow runs."""
    from rich.markup import escape
    from rich.table import Table

    from capstan import catalogue

    newest = _newest() if _mlflow_answers() else None
    rows = [_describe(name, newest) for name in catalogue.names()]
    if as_json:
        print_json(rows)
        return
    table = Table("capstone", "question", "newest version", box=None)
    for row in rows:
        problem = f"[red]{escape(row['problem'])}[/]" if "problem" in row else row["title"]
        table.add_row(f"[bold]{row['name']}[/]", problem, _words(row.get("newest")))
    console.print(table)
    if newest is None:
        console.print("MLflow does not run, so no metrics are shown. Start it with `capstan up`.")


def _mlflow_answers() -> bool:
    from capstan.local import stack
    from capstan.settings import settings

    return settings().profile == "cluster" or stack.healthy(stack.services()["mlflow"])


def _describe(name: str, newest: Newest | None) -> dict[str, Any]:
    """Return what a capstone is, or what is wrong with it, so that one bad capstone does not hide the others."""
    from capstan import catalogue
    from capstan.errors import CapstanError

    try:
        task = catalogue.load(name)
    except CapstanError as error:
        return {"name": name, "problem": str(error)}
    described = {"name": name, "title": task.TITLE, "capabilities": sorted(task.capabilities)}
    if newest is None:
        return described
    return described | {"newest": _score(*newest[name], next(iter(task.THRESHOLDS))) if name in newest else None}


def _newest() -> Newest:
    """Return the newest version of each capstone that has one, with the metrics of its run; in a few requests."""
    from capstan.versions import registry, runs

    versions = registry.newest_versions()
    metrics = runs.metrics_of_runs({version.run_id for version in versions.values() if version.run_id})
    return {name: (version, metrics.get(version.run_id, {})) for name, version in versions.items()}


def _score(version: "ModelVersion", metrics: dict[str, float], metric: str) -> dict[str, Any]:
    """Return number, verdict and first metric of a version."""
    return {
        "version": version.version,
        "verdict": version.tags.get("verdict"),
        "metric": metric,
        "value": metrics.get(metric),
    }


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
    from capstan import catalogue
    from capstan.errors import CapstanError
    from cluster import package

    path = output or Path(f"{capstone}.yaml")
    partial = path.with_name(f".partial-{path.name}")  # a full disk leaves no half of a pipeline
    pipeline = catalogue.load_pipeline(capstone)
    try:
        package.write(pipeline, partial)
        partial.replace(path)
    except (OSError, ValueError) as error:
        raise CapstanError(
            f"{path} could not be written ({error}). Give a .yaml file in a folder that exists."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    console.print(f"{path}")
