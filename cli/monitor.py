"""`capstan monitor`."""

import time
from typing import Annotated, Any

import typer
from rich.markup import escape

from capstan.errors import CapstanError
from cli.options import Capstone, Json, interval
from cli.output import console, print_json

Asked = dict[str, Any]  # parameters of the pipeline


def monitor(
    capstone: Capstone,
    hours: Annotated[float, typer.Option(help="How far back to look.", min=0.001)] = 24,
    every: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Again and again, such as 1h or 30m. On a cluster: a recurring run."),
    ] = None,
    circle: Annotated[
        bool, typer.Option("--circle", help="Also act: retrain on alarms, promote or roll back.")
    ] = False,
    as_of: Annotated[
        str, typer.Option(metavar="TIME", help="Look as of an instant, by the prediction times; by default now.")
    ] = "",
    stop: Annotated[bool, typer.Option("--stop", help="End the recurring run on the cluster.")] = False,
    as_json: Json = False,
) -> None:
    """Compare what the champion answered lately with its predictions of the test data; check all signals, and alert."""
    from capstan.data.times import instant
    from capstan.settings import settings

    on_cluster = settings().profile == "cluster"
    if as_of and (every or stop):
        raise typer.BadParameter("it is one monitoring run: leave out --every and --stop.", param_hint="--as-of")
    asked = {"hours": hours, "circle": circle, "as_of": instant(as_of).isoformat() if as_of else ""}
    if every and stop:
        raise typer.BadParameter("give --every or --stop, not both.", param_hint="--stop")
    if stop:
        if not on_cluster:
            raise typer.BadParameter("here, Ctrl-C ends `capstan monitor --every`.", param_hint="--stop")
        _stop(capstone, as_json)
    elif every and on_cluster:
        _start(capstone, interval(every), asked, as_json)
    elif every:
        _repeat(capstone, interval(every), asked, as_json)
    else:
        _look(capstone, asked, as_json)


def _look(capstone: str, asked: Asked, as_json: bool) -> None:
    from cli.run import Progress, runner, summarize
    from graphs import monitoring

    with Progress(quiet=as_json) as progress:
        outputs, links = runner("once")(monitoring.pipeline_of(capstone), capstone, asked, progress.on_event)
    summary: dict[str, Any] = summarize(capstone, outputs) | links
    if as_json:
        print_json({"capstone": capstone} | summary)
        return
    live = summary["live"]
    if "drifted" in live:
        console.print(
            f"{live['predictions']:,.0f} predictions of the last {asked['hours']:g} h: {live['drifted']:.0f} of "
            f"{live['columns']:.0f} columns drifted"
        )
        console.print(f"report       {summary['live_report']}")
    console.print(f"checks       {live['checks']:.0f}, of which {live['alarms']:.0f} alarm")


def _repeat(capstone: str, seconds: int, asked: Asked, as_json: bool) -> None:
    """Look until Ctrl-C. A monitoring run that takes longer than the interval delays the next one."""
    while True:
        began = time.monotonic()
        try:
            _look(capstone, asked, as_json)
        except CapstanError as error:  # the next monitoring run may find the services up again
            console.print(f"[red]{escape(str(error))}[/]")
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))


def _start(capstone: str, seconds: int, asked: Asked, as_json: bool) -> None:
    from cluster import pipelines
    from graphs import monitoring

    run = pipelines.every(monitoring.pipeline_of(capstone), capstone, seconds, asked)
    if as_json:
        print_json({"capstone": capstone, "recurring_run": run, "seconds": seconds})
    else:
        console.print(f"{capstone} is monitored every {seconds:,} s, by the recurring run {run}.")
        console.print("See it with `capstan --profile cluster open evidently`; end it with `--stop`.")


def _stop(capstone: str, as_json: bool) -> None:
    from cluster import pipelines

    ended = pipelines.stop("monitoring", capstone)
    if as_json:
        print_json({"capstone": capstone, "ended": ended})
    else:
        console.print(f"{capstone} is no longer monitored." if ended else f"{capstone} has no recurring run.")
