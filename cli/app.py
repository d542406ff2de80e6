"""The Typer application. Each command imports what it needs when it runs, so that `--help` is fast."""

import importlib.metadata
import os
from collections.abc import Callable
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
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """One road for every model: source, features, training, gate, registry, endpoint, monitoring."""
    if version:
        typer.echo(f"capstan {importlib.metadata.version('capstan')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        return
    chosen = profile or os.environ.get("CAPSTAN_PROFILE") or "local"
    if chosen == "cluster" and context.invoked_subcommand in USES:
        from cluster.access import connect

        os.environ["CAPSTAN_PROFILE"] = chosen
        context.with_resource(connect(*USES[context.invoked_subcommand]))


GROUPS: dict[str, dict[str, Callable[..., None]]] = {
    "Build": {
        "list": catalogue.list_capstones,
        "new": new.new,
        "check": new.check,
        "run": run.run,
        "study": study.study,
        "stop": run.stop,
        "compile": catalogue.compile_pipeline,
    },
    "Serve": {
        "predict": predict.predict,
        "score": score.score,
        "canary": rollout.canary,
        "ab": rollout.ab,
        "shadow": rollout.shadow,
        "promote": rollout.promote,
        "rollback": rollout.rollback,
        "retire": retire.retire,
    },
    "Watch": {
        "monitor": monitor.monitor,
        "replay": replay.replay,
        "history": history.history,
        "trace": trace.trace,
        "pause": circle.pause,
        "resume": circle.resume,
    },
    "Operate": {
        "up": stack.up,
        "down": stack.down,
        "status": stack.status,
        "open": stack.open_urls,
        "clean": clean.clean,
        "erase": erase.erase,
    },
}
for group, commands in GROUPS.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=group)(command)
app.add_typer(labels.labels, name="labels", rich_help_panel="Watch")
app.add_typer(cluster.cluster, name="cluster", rich_help_panel="Operate")
