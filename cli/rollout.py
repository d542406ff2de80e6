"""`capstan canary`, `ab`, `shadow`, `promote`, `rollback`."""

from typing import Annotated

import typer

from cli.circle import Reason
from cli.options import Capstone, Json
from cli.output import console, print_json

Percent = Annotated[float, typer.Option(help="Share of requests that the challenger answers.", min=0, max=100)]
Version = Annotated[str | None, typer.Option(help="The challenger; by default the newest accepted version.")]

NO_REASON = "No reason was given."
Force = Annotated[bool, typer.Option("--force", help="Accept a version that the gate rejected.")]


def canary(
    capstone: Capstone, percent: Percent, version: Version = None, force: Force = False, as_json: Json = False
) -> None:
    """Let a challenger answer a share of the requests. Then use `promote` or `rollback`."""
    _split(capstone, "canary", percent, version, force, as_json)


def ab(
    capstone: Capstone, percent: Percent = 50, version: Version = None, force: Force = False, as_json: Json = False
) -> None:
    """Let a challenger answer a share of the requests, to compare the two in the prediction log."""
    _split(capstone, "ab", percent, version, force, as_json)


def shadow(capstone: Capstone, version: Version = None, force: Force = False, as_json: Json = False) -> None:
    """Let a challenger predict every request too, while the champion answers."""
    _split(capstone, "shadow", 0, version, force, as_json)


def promote(
    capstone: Capstone,
    version: Annotated[
        str | None, typer.Option(help="With --force: another than the challenger.", show_default=False)
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overrule the gate and the retraining loop; needs --reason and --version.")
    ] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Make the challenger the champion; with --force any version."""
    from capstan.rollout import commands
    from monitoring.retraining.decisions import tell_change

    if force and not (version and reason.strip()):
        raise typer.BadParameter("say which version, and why: --version N --reason TEXT.", param_hint="--force")
    state = commands.promote(capstone, version=version, force=force, reason=reason.strip() or NO_REASON)
    tell_change(capstone, state)
    _say(capstone, "champion", state.champion, as_json)


def rollback(capstone: Capstone, reason: Reason = "", as_json: Json = False) -> None:
    """End the current roll-out. If there is none, bring back the previous champion."""
    from capstan.rollout import commands, store
    from monitoring.retraining.decisions import tell_change

    before = store.read(capstone)
    state = commands.rollback(capstone, reason=reason.strip() or NO_REASON)
    tell_change(capstone, state, before.challenger or before.candidate or before.champion)
    _say(capstone, "champion", state.champion, as_json)


def _split(capstone: str, mode: str, percent: float, version: str | None, force: bool, as_json: bool) -> None:
    from capstan.rollout import commands
    from capstan.rollout.traffic import Traffic

    traffic = Traffic(mode, percent)
    _say(capstone, traffic.describe(), commands.split(capstone, traffic, version, force), as_json)


def _say(capstone: str, role: str, version: str, as_json: bool) -> None:
    if as_json:
        print_json({"capstone": capstone, "role": role, "version": version})
    else:
        console.print(f"{capstone}: version {version} is the {role}")
