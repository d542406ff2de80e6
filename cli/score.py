"""`capstan score`."""

from typing import Annotated, Any

import typer

from cli.options import Capstone, Json, interval
from cli.output import console, print_json


def score(
    capstone: Capstone,
    source: Annotated[
        str | None,
        typer.Option("--input", help="A file of parquet, CSV or JSON lines, or a folder of them, here or at s3://."),
    ] = None,
    output: Annotated[str | None, typer.Option("--output", help="A new folder for the answers; s3:// as well.")] = None,
    version: Annotated[str, typer.Option(help="The version that answers; by default the champion.")] = "",
    keep: Annotated[
        list[str] | None,
        typer.Option(help="A column that is no field of a request, and goes to the output; repeat it."),
    ] = None,
    log: Annotated[bool, typer.Option("--join-log", help="Let the answers join the prediction log.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=0, help="Workers of Ray; 0 for this process. By default one per core, for 1,000 rows or more."
        ),
    ] = None,
    every: Annotated[
        str | None, typer.Option(metavar="TIME", help="On a cluster: a recurring run, such as each 1h or 1d.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="End the recurring run on the cluster.")] = False,
    as_json: Json = False,
) -> None:
    """Score a table: the endpoint's checks and model, with features of the offline store.

    {date} in the places becomes the day of now, in UTC. Stopped or killed, it goes on where it was when it is given the
    same arguments. Rows that a request may not have are in OUTPUT/_refused, with the reason. Exits with 1 if there are
    any. On a cluster it is a run of Kubeflow Pipelines, and the places are of s3://.
    """
    from capstan import catalogue
    from capstan.settings import settings
    from components.score.core import left_out

    catalogue.folder(capstone)
    on_cluster = settings().profile == "cluster"
    if (every or stop) and not on_cluster:
        raise typer.BadParameter("it is for a cluster: here, a timer such as cron runs the command.")
    if every and stop:
        raise typer.BadParameter("give --every or --stop, not both.", param_hint="--stop")
    if stop:
        _stop(capstone, as_json)
        return
    asked = {
        "source": _given(source, "--input", on_cluster),
        "output": _given(output, "--output", on_cluster),
        "version": version,
        "keep": keep or [],
        "log": log,
        "workers": workers if workers is not None else 0 if on_cluster or settings().engine == "local" else -1,
    }
    if every:
        _start(capstone, interval(every), asked, as_json)
        return
    done = _on_cluster(capstone, asked, as_json) if on_cluster else _here(capstone, asked)
    if as_json:
        print_json({"capstone": capstone, "output": asked["output"], **done})
    else:
        before = done.get("done before", 0)
        resumed = f", {before:,} of {done['pieces']:,} pieces done before" if before else ""
        console.print(
            f"{capstone}{', version ' + done['version'] if 'version' in done else ''}: {done['answered']:,.0f} rows "
            f"answered, {done['refused']:,.0f} refused{resumed}. They are in {asked['output']}",
            markup=False,
        )
        for note in left_out(done, str(asked["output"])) if "left out" in done else ():
            console.print(note, markup=False)
    if done["refused"]:
        raise typer.Exit(1)


def _given(place: str | None, option: str, on_cluster: bool) -> str:
    if not place:
        raise typer.BadParameter("name a file or a folder.", param_hint=option)
    if on_cluster and not place.startswith("s3://"):
        raise typer.BadParameter(f"{place} is of this machine: on a cluster, name an s3:// address.", param_hint=option)
    return place


def _here(capstone: str, asked: dict[str, Any]) -> dict[str, Any]:
    from components.score.core import dated
    from serving.batch import run

    asked["output"] = dated(asked["output"])
    source, version, keep, log = (asked[name] for name in ("source", "version", "keep", "log"))
    workers = asked["workers"] if asked["workers"] >= 0 else None
    return run.score(capstone, dated(source), asked["output"], version, keep, log, workers)


def _on_cluster(capstone: str, asked: dict[str, Any], as_json: bool) -> dict[str, Any]:
    from cli.run import Progress, runner, summarize
    from graphs import scoring

    with Progress(quiet=as_json) as progress:
        outputs, links = runner("once")(scoring.pipeline_of(capstone), capstone, asked, progress.on_event)
    done: dict[str, Any] = summarize(capstone, outputs)["scored"]
    return done | links


def _start(capstone: str, seconds: int, asked: dict[str, Any], as_json: bool) -> None:
    from cluster import pipelines
    from graphs import scoring

    run = pipelines.every(scoring.pipeline_of(capstone), capstone, seconds, asked)
    if as_json:
        print_json({"capstone": capstone, "recurring_run": run, "seconds": seconds})
    else:
        console.print(
            f"{asked['source']} is scored every {seconds:,} s, by the recurring run {run}. `--stop` ends it.",
            markup=False,
        )


def _stop(capstone: str, as_json: bool) -> None:
    from cluster import pipelines

    ended = pipelines.stop("scoring", capstone)
    if as_json:
        print_json({"capstone": capstone, "ended": ended})
    else:
        console.print(f"{capstone} scores no more tables." if ended else f"{capstone} has no recurring run of scoring.")
