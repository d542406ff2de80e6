"""The Typer application. Each command imports what it needs when it runs, so that `--help` is fast."""

import typer

from capstan.cli import catalogue, new, predict, rollout, run, stack

# Typer's own tracebacks hide the cause of a bug. `capstan.cli.main` handles user-fixable errors.
app = typer.Typer(
    name="capstan",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def show_help(context: typer.Context) -> None:
    """One road for every model: source, features, training, gate, registry, endpoint, monitoring."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("list")(catalogue.list_capstones)
app.command("new")(new.new)
app.command("check")(new.check)
app.command("run")(run.run)
app.command("up")(stack.up)
app.command("down")(stack.down)
app.command("status")(stack.status)
app.command("predict")(predict.predict)
app.command("canary")(rollout.canary)
app.command("ab")(rollout.ab)
app.command("shadow")(rollout.shadow)
app.command("promote")(rollout.promote)
app.command("rollback")(rollout.rollback)
app.command("compile")(catalogue.compile_pipeline)
app.command("open")(stack.open_urls)
