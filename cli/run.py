"""`capstan run`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.status import Status

from cli.options import Capstone, Json
from cli.output import console, print_json

MARKS = {"done": "[green]done  [/]", "cached": "[blue]cached[/]", "failed": "[red]failed[/]"}


def run(
    capstone: Annotated[
        str | None, typer.Argument(help="A capstone's name; `capstan list` shows them.", show_default=False)
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Run each capstone, one after another. It takes those of the parameters that it has."
        ),
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the training.")] = None,
    tune: Annotated[int | None, typer.Option(help="Trials of a Ray Tune search before training.")] = None,
    workers: Annotated[int | None, typer.Option(help="Ray workers; 0 trains in process.")] = None,
    canary: Annotated[
        float | None,
        typer.Option(help="Percent of requests that the new version answers; 0 replaces the champion.", min=0, max=100),
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Accept the model although the gate cannot compare it with the best versions; the history has why.",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another parameter of the pipeline.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a capstone's pipeline, from the source to a deployed, monitored model."""
    named = {"seed": seed, "tune": tune, "workers": workers, "canary": canary, "accept": accept}
    parameters = {name: value for name, value in named.items() if value is not None} | _parse(parameter or [])
    if everything == bool(capstone):
        raise typer.BadParameter("Name one capstone, or give --all.", param_hint="capstone")
    if everything:
        raise typer.Exit(_run_all(parameters, as_json))
    summary = _run(str(capstone), parameters, as_json)
    if as_json:
        print_json(summary)


def stop(capstone: Capstone, as_json: Json = False) -> None:
    """Stop a run that goes on, here or on the cluster. The steps that are done are kept for the next one."""
    from capstan import catalogue
    from capstan.profile import profile

    catalogue.folder(capstone)
    stopped = profile().stop(capstone)
    if as_json:
        print_json(stopped)
        return
    for what in stopped:
        console.print(f"stopped {what}")
    if not stopped:
        console.print(f"No run of {capstone} goes on.")


def _run(capstone: str, parameters: dict[str, Any], quiet: bool) -> dict[str, Any]:
    """Run one pipeline, show it unless `quiet`, and return its summary."""
    from capstan import catalogue

    began = time.monotonic()
    title = catalogue.load(capstone).TITLE
    if not quiet:
        console.print(f"[bold]{capstone}[/]  {title}")
    with Progress(quiet=quiet) as progress:
        try:
            outputs, links = runner("run")(capstone, parameters, progress.on_event)
        except KeyboardInterrupt as stopped:
            raise KeyboardInterrupt(_left(capstone, progress.running)) from stopped
    outputs = {
        name: outputs[name] for name in catalogue.load_pipeline(capstone).component_spec.outputs if name in outputs
    }
    summary = summarize(capstone, outputs) | {"seconds": round(time.monotonic() - began, 1)} | links
    if not quiet:
        _show(capstone, summary)
    return {"capstone": capstone} | summary


def _left(capstone: str, running: set[str]) -> str:
    """Return what an interrupted run leaves. On a cluster the run goes on, and the command has said so."""
    from capstan.settings import settings

    if settings().profile == "cluster":
        return ""
    step = f"{', '.join(sorted(running))} of {capstone} did not end. " if running else ""
    return (
        f"{step}The steps that are done are kept: `capstan run {capstone}` goes on from the cache. Services go on "
        "until `capstan down`."
    )


def _run_all(parameters: dict[str, Any], as_json: bool) -> int:
    """Run each capstone and report all. Return the exit code: 1 if one failed. A rejected model is no failure."""
    from capstan import catalogue
    from capstan.errors import CapstanError

    results: list[dict[str, Any]] = []
    for name in catalogue.names():
        began = time.monotonic()
        try:
            inputs = catalogue.load_pipeline(name).component_spec.inputs or {}
            chosen = {key: value for key, value in parameters.items() if key in inputs}
            results.append(_run(name, chosen, as_json))
        except CapstanError as error:
            seconds = round(time.monotonic() - began, 1)
            results.append({"capstone": name, "verdict": "failed", "error": str(error), "seconds": seconds})
            if not as_json:
                console.print(f"[red]Error:[/] {escape(str(error))}")
        if not as_json:
            console.print()
    if as_json:
        print_json(results)
    else:
        for result in results:
            colour = "green" if result["verdict"] == "accepted" else "red"
            console.print(f"[{colour}]{result['verdict']:<9}[/] {result['capstone']:<20} {result['seconds']:7.1f} s")
    return int(any(result["verdict"] == "failed" for result in results))


def runner(what: str) -> Callable[..., tuple[dict[str, Any], dict[str, str]]]:
    """Return the function that runs a pipeline in this profile: `what` is "run" or "monitor".

    The function returns the outputs, and where to see more, by name.
    """
    from capstan.settings import settings

    if settings().profile == "cluster":
        from cluster import pipelines

        run_on_cluster: Callable[..., tuple[dict[str, Any], dict[str, str]]] = getattr(pipelines, what)
        return run_on_cluster
    from capstan.runner import local

    def run_here(*arguments: Any) -> tuple[dict[str, Any], dict[str, str]]:
        outputs, log = getattr(local, what)(*arguments)
        return outputs, {"log": str(log)}

    return run_here


def _parse(pairs: list[str]) -> dict[str, str]:
    values = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE.", param_hint="--set")
        values[name] = value
    return values


def summarize(capstone: str, outputs: dict[str, Any]) -> dict[str, Any]:
    """Return the pipeline's outputs as plain values: metrics as numbers, other artifacts as their paths."""
    version = f"-version-{outputs['version']}" if "version" in outputs else ""
    plain: dict[str, Any] = {}
    for name, value in outputs.items():
        kind = getattr(value, "schema_title", "")
        if "Metrics" in kind:
            plain[name] = dict(value.metadata)
        elif "HTML" in kind:
            plain[name] = _page(capstone, f"{name}{version}", value.path)
        else:
            plain[name] = value.path if kind else value
    return plain


def _page(capstone: str, name: str, artifact: str) -> str:
    """Return the path of a copy that a browser shows as a page. KFP's own file has no `.html` ending.

    What could not be copied from a cluster has a URI and no path: it is returned as it is.
    """
    from capstan.data.files import atomic_write
    from capstan.settings import settings

    if "://" in artifact:
        return artifact
    page = settings().home / "reports" / capstone / f"{name}.html"
    with atomic_write(page) as partial:
        partial.write_bytes(Path(artifact).read_bytes())
    return str(page)


def _show(capstone: str, summary: dict[str, Any]) -> None:
    from capstan import catalogue
    from capstan.settings import settings

    console.print()
    for name, value in summary.items():
        if isinstance(value, dict):
            value = "  ".join(f"{key} [bold]{_number(number)}[/]" for key, number in sorted(value.items()))
        colour = {"accepted": "green", "rejected": "red"}.get(str(value))
        console.print(f"{name:<12} {f'[{colour}]{value}[/]' if colour else value}")
    has = catalogue.load(capstone).capabilities
    places = _on_cluster(capstone) if settings().profile == "cluster" else _here(capstone)
    if summary.get("verdict") == "rejected":
        console.print(f"{'experiments':<12} {places['experiments']}")
        console.print("The gate rejected this model: it is registered as rejected, and nothing was deployed.")
        return
    needed = {"console": "monitoring", "reports": "monitoring", "endpoint": "endpoint"}
    for name, place in places.items():
        if needed.get(name) in (None, *has):
            console.print(f"{name:<12} {place}")


def _here(capstone: str) -> dict[str, str]:
    """Return where to see the results of a run on this machine: the experiments, and what each capability shows."""
    from capstan import catalogue
    from capstan.local import stack
    from capstan.services import endpoint_client

    services = stack.services()
    hint = "" if stack.process(services["evidently"]) else "  (`capstan up` starts it)"
    return {
        "console": f"{services['endpoint'].url}/monitoring#{capstone}",
        "experiments": f"{services['mlflow'].url}/#/models/{capstone}",
        "endpoint": f"{services['endpoint'].url}{endpoint_client.path_to_ask(catalogue.load(capstone))}",
        "reports": f"{services['evidently'].url}{hint}",
    }


def _on_cluster(capstone: str) -> dict[str, str]:
    """Return the same for a cluster, as commands: its services have no address out here."""
    return {
        "console": f"capstan --profile cluster open predict {capstone}  (its path is /monitoring)",
        "experiments": "capstan --profile cluster open mlflow",
        "endpoint": f"capstan --profile cluster open predict {capstone}",
        "reports": "capstan --profile cluster open evidently",
    }


def _number(value: float) -> str:
    return f"{value:,.4f}" if isinstance(value, float) and not value.is_integer() else f"{int(value):,}"


class Progress:
    """One line per finished step and a spinner for the running one. Without a terminal there is no spinner."""

    def __init__(self, quiet: bool):
        self.quiet = quiet
        self.status: Status | None = None
        self.running: set[str] = set()  # steps
        self.shows_stages = sys.stderr.isatty()  # what a step does, while it does it

    def __enter__(self) -> "Progress":
        # kfp prints through sys.stdout, which the runner redirects: the console keeps the real one.
        console.file = sys.stdout
        if not self.quiet:
            self.status = console.status("starting the stack")
            self.status.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.status:
            self.status.stop()

    def on_event(self, step: str, state: str, seconds: float) -> None:
        """Show what happened to a step."""
        if state == "started":
            self.running.add(step)
        elif state in MARKS:
            self.running.discard(step)
        if self.status is None:
            return
        if state == "note":
            console.print(f"         [yellow]{escape(step)}[/]")
        elif state == "stage":
            if self.shows_stages:
                print(f"         {step} ...", file=sys.stderr)
        elif state == "started":
            self.status.update(f"{step} ...")
        else:
            console.print(f"  {MARKS[state]} {step:<16} {f'{seconds:5.1f} s' if seconds else ''}".rstrip())
