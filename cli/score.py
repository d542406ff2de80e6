"""`capstan score`."""

import os
from typing import Annotated

import typer

from cli.options import Capstone, Json
from cli.output import console, print_json


def score(
    capstone: Capstone,
    source: Annotated[
        str, typer.Option("--input", help="A .parquet, .csv or .jsonl file, or a folder of them; s3:// as well.")
    ],
    output: Annotated[str, typer.Option("--output", help="A new folder for the answers; s3:// as well.")],
    version: Annotated[str, typer.Option(help="The version that answers; by default the champion.")] = "",
    keep: Annotated[
        list[str] | None,
        typer.Option(help="A column that is no field of a request, and goes to the output; repeat it."),
    ] = None,
    log: Annotated[bool, typer.Option("--join-log", help="Let the answers join the prediction log.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Workers of Ray; 0 for this process. By default one per core.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score a table: the endpoint's checks and model, with features of the offline store.

    Stopped or killed, it goes on where it was when it is given the same arguments. Rows that a request may not have are
    in OUTPUT/_refused, with the reason. Exits with 1 if there are any.
    """
    from capstan import catalogue
    from capstan.settings import settings
    from serving.batch import run

    catalogue.folder(capstone)
    count = workers if workers is not None else 0 if settings().engine == "local" else os.cpu_count() or 1
    done = run.score(capstone, source, output, version, keep or [], log, count)
    if as_json:
        print_json({"capstone": capstone, "output": output, **done})
    else:
        before = f", {done['done before']:,} of {done['pieces']:,} pieces done before" if done["done before"] else ""
        console.print(
            f"{capstone}, version {done['version']}: {done['answered']:,} rows answered, {done['refused']:,} refused"
            f"{before}. They are in {output}",
            markup=False,
        )
    if done["refused"]:
        raise typer.Exit(1)
