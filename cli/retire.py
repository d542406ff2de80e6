"""`capstan retire`."""

import sys
from typing import Annotated

import typer

from cli.options import Capstone, Json
from cli.output import console, print_json


def retire(
    capstone: Capstone,
    version: Annotated[
        str | None, typer.Option(help="Only this version: it never serves again.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Stop serving a capstone until it is run again. What it has learned and predicted stays."""
    from predictions.retention import retire

    if not yes and sys.stdin.isatty():
        what = (
            f"version {version} of {capstone}, for good" if version is not None else f"{capstone}, and stop serving it"
        )
        typer.confirm(f"Retire {what}?", abort=True)
    if version is not None:  # an empty one is no version
        retire.retire_version(capstone, version)
        done = [f"version {version}"]
    else:
        done = retire.retire_capstone(capstone)
    if as_json:
        print_json({"capstone": capstone, "version": version, "retired": done})
        return
    console.print(f"{capstone}: retired {', '.join(done)}")
    if version is None:
        console.print(f"Its versions stay. Bring it back with `capstan run {capstone}`.")
