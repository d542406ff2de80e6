"""`capstan replay`."""

import logging
import re
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape

from capstan.errors import CapstanError
from cli.options import Capstone, Json
from cli.output import console, print_json

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def replay(
    capstone: Capstone,
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help="ISO 8601; a day is of UTC.", show_default=False)
    ],
    to: Annotated[str, typer.Option(metavar="TIME", help="The end; a day is included.", show_default=False)],
    speed: Annotated[str, typer.Option(help="`max`, or how many times faster than it was, such as 3600.")] = "max",
    circle: Annotated[
        bool, typer.Option("--circle", help="Retrain on alarms, and promote or roll back what comes of it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send a capstone's past through the endpoint, as if it were live: requests, features and labels at their times.

    A model of what was known at the start is trained first. Each simulated day is checked, and alerts. A replay that
    was interrupted goes on.
    """
    from capstan.settings import settings

    if settings().profile == "cluster":
        raise CapstanError("A replay runs on this machine only. Leave out `--profile cluster`.")
    start, end = _times(from_, to)
    factor = _factor(speed)
    report = _replay(capstone, start, end, factor, circle, as_json)
    if as_json:
        print_json(report)
        return
    seconds = report.pop("seconds")
    for name, value in report.items():
        lines = value if isinstance(value, list) else [f"{value:,}" if isinstance(value, int) else value]
        for line in lines or ["none"]:
            console.print(f"{name.replace('_', ' '):<20} {line}", markup=False)
    console.print(f"{'seconds':<20} {'  '.join(f'{name} {value:,.0f}' for name, value in seconds.items())}")


def _times(from_: str, to: str) -> tuple[datetime, datetime]:
    from capstan.data.times import instant

    start, end = instant(from_), instant(to)
    if DAY.fullmatch(to):
        end += timedelta(days=1)
    if end <= start:
        raise typer.BadParameter("the end is not after the start.", param_hint="--to")
    return start, end


def _factor(speed: str) -> float:
    try:
        factor = 0.0 if speed == "max" else float(speed)
    except ValueError:
        factor = -1.0
    if factor < 0 or (factor == 0 and speed != "max"):
        raise typer.BadParameter(f"{speed!r} is neither `max` nor a number over 0.", param_hint="--speed")
    return factor


def _replay(capstone: str, start: datetime, end: datetime, speed: float, circle: bool, quiet: bool) -> dict[str, Any]:
    from capstan import catalogue
    from monitoring.replay import past, state
    from monitoring.replay.replay import Replay
    from monitoring.replay.report import report
    from monitoring.replay.reporter import Reporter
    from monitoring.retraining.watcher import Watcher
    from monitoring.webhooks import sending

    task = catalogue.load(capstone)
    if "replay" not in task.capabilities:
        raise CapstanError(f"{capstone} has no past to replay: see `Replay` in capstan/contract/capstone.py.")
    happened = past.read(task, start, end)
    kept = state.read(capstone)
    if kept is None or (kept.start, kept.end) != (start, end) or kept.now >= end:
        version = _first_champion(capstone, task.parameters_at(start), quiet)
        kept = state.first(start, end, version)
    elif not quiet:
        console.print(f"It goes on from {kept.now:%Y-%m-%d %H:%M}.")
    going, watcher = Replay(capstone, task, happened, kept), Watcher(capstone, task, circle)
    logging.getLogger("monitoring").addHandler(logging.NullHandler())  # alerts are printed here
    status = nullcontext() if quiet else console.status("preparing")
    with sending(), Reporter(capstone) as reporter, status as shown:
        if kept.now > start:  # it may have been killed before the last week was reported
            reporter.report(kept.now.replace(hour=0) - timedelta(days=kept.now.weekday()))

        def after_hour(now: datetime) -> None:
            if shown:
                done = f"{going.state.predictions:,} predictions  {going.state.labels:,} labels"
                shown.update(f"{now:%Y-%m-%d %H:%M}  {done}")
            if now.hour:
                return
            weekly = now.weekday() == 0  # what takes seconds
            if weekly:
                reporter.report(now)
            for event in watcher(now, measure=weekly):
                if not quiet:
                    console.print(f"{now:%Y-%m-%d}  {event.kind:<10}  {escape(event.reason)}")

        going.run(after_hour, speed)
    return report(going)


def _run(capstone: str, parameters: dict[str, Any], quiet: bool = True) -> tuple[str, str]:
    """Run the pipeline; return the version and the verdict of the gate."""
    from cli.run import Progress, runner, summarize

    with Progress(quiet=quiet) as progress:
        outputs, _links = runner("run")(capstone, parameters, progress.on_event)
    summary = summarize(capstone, outputs)
    return str(summary["version"]), str(summary["verdict"])


def _first_champion(capstone: str, parameters: dict[str, str], quiet: bool) -> str:
    """Train on what was known at the start, and return the version, which has to be the champion."""
    from capstan.rollout import store

    version, verdict = _run(capstone, parameters, quiet)
    if verdict == "rejected":
        raise CapstanError(
            "The gate rejected the model of what was known at the start. A champion may know more: "
            f"retire it with `capstan retire {capstone}`, or replay in another CAPSTAN_HOME."
        )
    champion = store.read(capstone).champion
    if champion != version:
        raise CapstanError(
            f"Version {version}, of what was known at the start, is not the champion: that is {champion}, which may "
            f"know more. Retire it with `capstan retire {capstone}`, or replay in another CAPSTAN_HOME."
        )
    return version
