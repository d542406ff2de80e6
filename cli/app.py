"""The Typer application. Each command imports what it needs when it runs, so that `--help` is fast."""

import os
from typing import Annotated, Literal

import typer

from cli import (
    catalogue,
    circle,
    clean,
    cluster,
    erase,
    history,
    labels,
    monitor,
    new,
    predict,
    replay,
    retire,
    rollout,
    run,
    score,
    stack,
    study,
    trace,
)

# What a command uses of a cluster, besides the endpoint: the settings whose addresses it needs on this machine.
ROLLOUT = ("CAPSTAN_TRACKING_URI", "CAPSTAN_FEAST_REGISTRY")
USES: dict[str, tuple[str, ...]] = dict.fromkeys(("canary", "ab", "shadow", "promote", "rollback"), ROLLOUT)
USES |= {"score": ("CAPSTAN_TRACKING_URI", "CAPSTAN_FEAST_REGISTRY", "CAPSTAN_S3_ENDPOINT")}
USES |= {"run": ("CAPSTAN_TRACKING_URI", "CAPSTAN_S3_ENDPOINT"), "stop": (), "predict": (), "open": ()}
USES |= {"list": ("CAPSTAN_TRACKING_URI",), "status": ("CAPSTAN_TRACKING_URI",)}
USES |= {"labels": (), "erase": ("CAPSTAN_FEAST_REGISTRY", "CAPSTAN_S3_ENDPOINT")}
USES |= {"monitor": ("CAPSTAN_TRACKING_URI", "CAPSTAN_S3_ENDPOINT")}
USES |= {"history": ROLLOUT} | dict.fromkeys(("pause", "resume"), ("CAPSTAN_FEAST_REGISTRY",))
USES |= {"trace": ("CAPSTAN_TRACKING_URI", "CAPSTAN_FEAST_REGISTRY", "CAPSTAN_S3_ENDPOINT")}
USES |= {"clean": (*ROLLOUT, "CAPSTAN_S3_ENDPOINT"), "retire": (*ROLLOUT, "CAPSTAN_ONLINE_STORE")}

# Typer's own tracebacks hide the cause of a bug. `cli.main` handles user-fixable errors.
app = typer.Typer(
    name="capstan",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def start(
    context: typer.Context,
    profile: Annotated[
        Literal["local", "cluster"] | None, typer.Option(help="This machine, or the cluster of kubectl's context.")
    ] = None,
) -> None:
    """One road for every model: source, features, training, gate, registry, endpoint, monitoring."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        return
    chosen = profile or os.environ.get("CAPSTAN_PROFILE") or "local"
    if chosen == "cluster" and context.invoked_subcommand in USES:
        from cluster.access import connect

        os.environ["CAPSTAN_PROFILE"] = chosen
        context.with_resource(connect(*USES[context.invoked_subcommand]))


app.command("list")(catalogue.list_capstones)
app.command("study")(study.study)
app.command("new")(new.new)
app.command("check")(new.check)
app.command("run")(run.run)
app.command("stop")(run.stop)
app.command("monitor")(monitor.monitor)
app.command("replay")(replay.replay)
app.command("history")(history.history)
app.command("pause")(circle.pause)
app.command("resume")(circle.resume)
app.command("up")(stack.up)
app.command("down")(stack.down)
app.command("status")(stack.status)
app.command("predict")(predict.predict)
app.command("score")(score.score)
app.command("trace")(trace.trace)
app.command("canary")(rollout.canary)
app.command("ab")(rollout.ab)
app.command("shadow")(rollout.shadow)
app.command("promote")(rollout.promote)
app.command("rollback")(rollout.rollback)
app.command("retire")(retire.retire)
app.command("clean")(clean.clean)
app.command("erase")(erase.erase)
app.command("compile")(catalogue.compile_pipeline)
app.command("open")(stack.open_urls)
app.add_typer(labels.labels, name="labels")
app.add_typer(cluster.cluster, name="cluster")
