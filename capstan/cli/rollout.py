"""`capstan canary`, `ab`, `shadow`, `promote`, `rollback`."""

from typing import Annotated

import typer

from capstan.cli.options import Capstone, Json
from capstan.cli.output import console, print_json

Percent = Annotated[float, typer.Option(help="Share of keys that the challenger answers.", min=0, max=100)]
Version = Annotated[str | None, typer.Option(help="The challenger; by default the newest accepted version.")]


def canary(capstone: Capstone, percent: Percent, version: Version = None, as_json: Json = False) -> None:
    """Let a challenger answer a share of the requests, before `promote` or `rollback`."""
    _split(capstone, "canary", percent, version, as_json)


def ab(capstone: Capstone, percent: Percent = 50, version: Version = None, as_json: Json = False) -> None:
    """Let a challenger answer a share of the requests, to compare the two in the prediction log."""
    _split(capstone, "ab", percent, version, as_json)


def shadow(capstone: Capstone, version: Version = None, as_json: Json = False) -> None:
    """Have a challenger predict every request too, while the champion answers."""
    _split(capstone, "shadow", 0, version, as_json)


def promote(capstone: Capstone, as_json: Json = False) -> None:
    """Make the challenger the champion."""
    from capstan import rollout

    _say(capstone, "champion", rollout.promote(capstone), as_json)


def rollback(capstone: Capstone, as_json: Json = False) -> None:
    """End the roll-out under way, or else bring back the champion before this one."""
    from capstan import rollout

    _say(capstone, "champion", rollout.rollback(capstone), as_json)


def _split(capstone: str, mode: str, percent: float, version: str | None, as_json: bool) -> None:
    from capstan import rollout
    from capstan.rollout.traffic import Traffic

    challenger = rollout.split(capstone, Traffic(mode, percent), version)
    _say(capstone, mode if mode == "shadow" else f"{mode} {percent:g} %", challenger, as_json)


def _say(capstone: str, role: str, version: str, as_json: bool) -> None:
    if as_json:
        print_json({"capstone": capstone, "role": role, "version": version})
    else:
        console.print(f"{capstone}: version {version} is the {role}")
