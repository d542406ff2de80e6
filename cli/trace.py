"""`capstan trace`."""

from typing import Annotated

import typer

from cli.options import Capstone, Json
from cli.output import console, print_json


def trace(
    capstone: Capstone,
    prediction: Annotated[
        str, typer.Argument(help="The id of a prediction: `prediction_id` of its answer.", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Show where a prediction comes from: what was asked, its label, the version, its run and its data."""
    from capstan import catalogue
    from monitoring.trace import trace as traced

    catalogue.folder(capstone)
    origin = traced(capstone, prediction)
    if as_json:
        print_json(origin)
        return
    for name, value in origin.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        if name == "labels":
            parts = [
                ("", f"{label['label']}, known at {label['known_at']}, sent by {label['by'] or '-'}") for label in value
            ]
        for key, content in parts:
            console.print(f"{f'{name} {key}'.strip():<28} {content}", markup=False, soft_wrap=True)
