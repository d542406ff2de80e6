"""`capstan history`."""

from contextlib import suppress
from typing import Annotated

import typer
from rich.markup import escape

from capstan.errors import CapstanError
from cli.options import Capstone, Json
from cli.output import console, print_json


def history(
    capstone: Capstone,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Only from then on, ISO 8601; a day is of UTC.", show_default=False)
    ] = "",
    kind: Annotated[
        list[str] | None, typer.Option(help="Only these, such as alert; may be repeated.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what was noticed and decided about a capstone: when, what, on which evidence, and who decided."""
    from capstan import catalogue
    from capstan.data.times import instant
    from capstan.rollout import store
    from capstan.versions import registry
    from monitoring.history import history as opened
    from monitoring.retraining.decisions import tell_accepted, tell_change

    catalogue.folder(capstone)
    with suppress(CapstanError):  # MLflow may be away: what is in the history is shown all the same
        tell_change(capstone, store.read(capstone))
        tell_accepted(capstone, registry.versions(capstone))
    events = opened().events(capstone, instant(since) if since else None, tuple(kind or ()))
    if as_json:
        print_json([event.as_dict() for event in events])
        return
    for event in events:
        version = f" version {event.version}" if event.version else ""
        console.print(
            f"{event.at:%Y-%m-%d %H:%M}  {event.kind:<10}{version}  {escape(event.reason)}  [dim]{escape(event.by)}[/]"
        )
    if not events:
        console.print(f"Nothing was noticed or decided about {capstone}.")
