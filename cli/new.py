"""`capstan new`, `capstan check`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.options import Capstone
from cli.output import console

Flag = bool | None
QUESTIONS = {
    "contract": "Check the data against a contract (pandera)?",
    "features": "Look up features in a feature store (Feast)?",
    "endpoint": "Answer requests at the endpoint (KServe)?",
    "labels": "Take labels at the endpoint, once they are known?",
    "monitoring": "Watch for drift (Evidently)?",
}


def new(
    name: Annotated[str, typer.Argument(help="The name: lower-case letters, digits, underscores.", show_default=False)],
    contract: Annotated[Flag, typer.Option(help=QUESTIONS["contract"], show_default=False)] = None,
    features: Annotated[Flag, typer.Option(help=QUESTIONS["features"], show_default=False)] = None,
    endpoint: Annotated[Flag, typer.Option(help=QUESTIONS["endpoint"], show_default=False)] = None,
    labels: Annotated[Flag, typer.Option(help=QUESTIONS["labels"], show_default=False)] = None,
    monitoring: Annotated[Flag, typer.Option(help=QUESTIONS["monitoring"], show_default=False)] = None,
    kind: Annotated[
        str, typer.Option(help="table, a regression; stream, a text that comes word by word; or torch, a network.")
    ] = "table",
    into: Annotated[Path | None, typer.Option(help="The folder for it; by default `pipelines/`.")] = None,
) -> None:
    """Make a new capstone that runs at once. On a terminal, ask for each capability that has no flag."""
    from capstan import catalogue
    from capstan.scaffold.create import check_name, create

    into = into.resolve() if into else catalogue.PIPELINES
    check_name(name, into)
    flags = {"contract": contract, "features": features, "endpoint": endpoint}
    if kind == "table":
        wanted = {capability for capability, flag in flags.items() if _wanted(capability, flag)}
        if labels is None and "endpoint" not in wanted:  # there is nothing to ask
            labels = False
        flags = {"labels": labels, "monitoring": monitoring}
        wanted |= {capability for capability, flag in flags.items() if _wanted(capability, flag)}
    else:
        flags |= {"labels": labels, "monitoring": monitoring}
        wanted = {capability for capability, flag in flags.items() if flag}
    folder = create(name, wanted, into, kind)
    console.print(f"{folder}\nRun it with `capstan run {name}`.")
    if into not in catalogue.folders():
        console.print(f"Set CAPSTAN_CAPSTONES={into} first, so that it is found.")


def check(capstone: Capstone) -> None:
    """Check a capstone: is its task complete, does its pipeline compile, and does its model fit its requests?"""
    from tempfile import TemporaryDirectory

    from kfp import compiler

    from capstan import catalogue
    from capstan.contract.request_check import problems, unbounded
    from capstan.errors import CapstanError
    from capstan.scaffold.create import unedited

    task = catalogue.load(capstone)
    with TemporaryDirectory() as folder:
        compiler.Compiler().compile(catalogue.load_pipeline(capstone), f"{folder}/pipeline.yaml")
    wrong = problems(task)
    if "features" in task.capabilities:
        from feature_repo.store import view_problems

        wrong += view_problems(capstone)
    if wrong:
        raise CapstanError(f"A run of {capstone} would fail: {'; '.join(wrong)}.")
    fields = unbounded(task.Request.model_json_schema()) if "endpoint" in task.capabilities else []
    if fields:
        _warn(f"give lists of Request a max_length, for their cost: {', '.join(fields)}.")
    if files := unedited(capstone, catalogue.folder(capstone)):
        _warn(f"still as `capstan new` made them: {', '.join(files)}.")
    console.print(f"{capstone} is complete. Capabilities: {', '.join(sorted(task.capabilities)) or 'none'}.")


def _warn(text: str) -> None:
    console.print(f"[yellow]Warning:[/] {escape(text)}")


def _wanted(capability: str, flag: Flag) -> bool:
    if flag is not None or not sys.stdin.isatty():
        return bool(flag)
    return typer.confirm(QUESTIONS[capability], default=True)
