"""`capstan pause` and `capstan resume`: a person stops the retraining loop, and lets it go on."""

from typing import Annotated

import typer

from capstan.rollout.state import LONGEST_REASON
from cli.options import Capstone
from cli.output import console


def _not_too_long(reason: str) -> str:
    if len(reason) > LONGEST_REASON:
        raise typer.BadParameter(f"it has {len(reason)} characters; {LONGEST_REASON} are allowed.")
    return reason


Reason = Annotated[str, typer.Option(help="Why; the history keeps it.", show_default=False, callback=_not_too_long)]


def pause(capstone: Capstone, reason: Reason) -> None:
    """Start no retraining and decide nothing, until `capstan resume`. What serves goes on, and alerts are sent."""
    note(capstone, "paused", reason)
    console.print(f"The retraining loop of {capstone} is paused.")


def resume(capstone: Capstone, reason: Reason) -> None:
    """Let the retraining loop go on after `pause`, or after it stopped by itself."""
    note(capstone, "resumed", reason)
    console.print(f"The retraining loop of {capstone} goes on.")


def note(capstone: str, kind: str, reason: str) -> None:
    """Write to the history what a person did, and why. Raises CapstanError without a reason."""
    from capstan import catalogue
    from capstan.rollout.change import user
    from monitoring.retraining.decisions import decide

    catalogue.folder(capstone)
    decide(capstone, kind, reason, user())
