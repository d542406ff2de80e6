"""`capstan labels`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Capstone, Json
from cli.output import console, print_json

if TYPE_CHECKING:
    from predictions.label_file import Report

SHOWN = 5  # refused rows
labels = typer.Typer(help="What turned out to be true of what was predicted.", no_args_is_help=True)


@labels.command()
def load(
    capstone: Capstone,
    file: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file.", show_default=False)],
    refused: Annotated[
        Path | None, typer.Option(help="Write the rows that were refused here, with the reason: a .jsonl file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send the labels of a file to the endpoint. Loading a file again is harmless. Exits with 1 if any was refused."""
    from predictions.label_file import Report
    from predictions.label_file import load as send

    report = Report()
    if refused:
        refused.touch()  # before anything is sent: where it cannot be written, the reasons would be lost
    try:
        send(capstone, file, report)
    except BaseException:
        if report.counts:  # what was sent before is taken
            _show(capstone, report, refused, as_json)
        raise
    _show(capstone, report, refused, as_json)
    if report.refused:
        raise typer.Exit(1)


def _show(capstone: str, report: "Report", refused: Path | None, as_json: bool) -> None:
    if as_json:
        print_json({"capstone": capstone, **report.counts, "refused": report.refused[:SHOWN]})
    else:
        counts = [f"{count:,} {kind}" for kind, count in report.counts.items() if count]
        console.print(f"{capstone}: {', '.join(counts) or 'no labels'}")
        for row in report.refused[:SHOWN]:
            console.print(f"{row['outcome']}: {row['error']}", markup=False)
    if refused:
        try:
            refused.write_text("".join(f"{json.dumps(row)}\n" for row in report.refused))
        except OSError as error:  # a write does not say which file
            raise OSError(error.errno, error.strerror, str(refused)) from error
