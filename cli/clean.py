"""`capstan clean`."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import Json
from cli.output import console, print_json


def clean(
    capstone: Annotated[str | None, typer.Argument(help="A capstone's name; by default all.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: Json = False,
) -> None:
    """Remove old runs, versions and predictions, by the policy of CAPSTAN_KEEP_... in docs/settings.md."""
    from predictions.retention.clean import clean as clean_up

    done = clean_up(capstone or "", dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "kinds": [asdict(item) for item in done]})
        return
    verb = "would be removed" if dry_run else "removed"
    for item in done:
        console.print(f"{item.kind:<17} {item.removed:>5} {verb}, {item.kept:>5} kept  [dim]{item.rule}[/]")
    for note in (note for item in done for note in item.notes):
        console.print(f"[yellow]{note}[/]")
