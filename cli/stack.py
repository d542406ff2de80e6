"""`capstan up`, `down`, `status`, `open`."""

import sys
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from capstan.errors import CapstanError
from cli.options import Json
from cli.output import console, print_json

if TYPE_CHECKING:
    from capstan.local.endpoint import NotReady


def up(as_json: Json = False) -> None:
    """Start MLflow, the endpoint and the Evidently UI, and wait until each answers. Capstones load meanwhile.

    The exit code is 1 when a champion is broken.
    """
    from capstan.local import endpoint as local_endpoint
    from capstan.local import stack

    started: list[dict[str, Any]] = []
    with console.status("starting ...") if not as_json else nullcontext():
        for service in stack.up():
            started.append({"name": service.name, "url": service.url, "log": str(service.log)})
            if not as_json:
                if service.name == "endpoint":
                    console.print(f"[green]up[/]    {'Console':<10} {service.url}/monitoring")
                console.print(f"[green]up[/]    {service.title:<10} {service.url}")
        waiting = local_endpoint.capstones_not_ready(stack.RETRY_SECONDS)
    if as_json:
        not_ready = {"not_ready": [asdict(capstone) for capstone in waiting]}
        print_json([service | not_ready if service["name"] == "endpoint" else service for service in started])
    else:
        _show_not_ready(waiting)
    if not all(capstone.loading for capstone in waiting):
        log = stack.services()["endpoint"].log
        print(f"A champion does not answer. See {log}, and train it again with `capstan run`.", file=sys.stderr)
        raise typer.Exit(1)


def down(as_json: Json = False) -> None:
    """Stop every service that `capstan up` or a run started."""
    from capstan.local import stack

    stopped = []
    for service in stack.down():
        stopped.append(service.name)
        if not as_json:
            console.print(f"stopped {service.title}")
    if as_json:
        print_json(stopped)
    elif not stopped:
        console.print("Nothing was running.")


def status(as_json: Json = False) -> None:
    """Show which services run, where, and which version of each model serves."""
    from rich.table import Column, Table

    from capstan.local import endpoint as local_endpoint
    from capstan.local import stack
    from capstan.settings import settings

    if settings().profile == "cluster":
        _status_of_cluster(as_json)
        return
    rows: list[dict[str, Any]] = []
    for service in stack.services().values():
        running = stack.process(service)
        health = "stopped" if running is None else "healthy" if stack.healthy(service) else "not answering"
        pid = running.pid if running else None
        rows.append({"name": service.name, "state": health, "url": service.url, "pid": pid, "log": str(service.log)})
    try:
        waiting = local_endpoint.capstones_not_ready()
    except CapstanError:  # the endpoint does not answer, as its row says, or wants a token
        waiting = []
    mlflow_answers = stack.healthy(stack.services()["mlflow"])
    states = _rollouts() if mlflow_answers else {}
    if as_json:
        champions = {name: state.champion for name, state in states.items()}
        rollouts = {name: state.shown() for name, state in states.items()}
        not_ready = [asdict(capstone) for capstone in waiting]
        print_json({"services": rows, "champions": champions, "rollouts": rollouts, "not_ready": not_ready})
        return
    table = Table("service", "state", "url", "pid", Column("log", overflow="fold"), box=None)
    for row in rows:
        colour = {"healthy": "green", "stopped": "dim"}.get(row["state"], "red")
        pid = str(row["pid"] or "")
        table.add_row(row["name"], f"[{colour}]{row['state']}[/]", row["url"], pid, row["log"])
    console.print(table)
    _show_not_ready(waiting)
    _show_rollouts(states)


def _show_not_ready(waiting: "list[NotReady]") -> None:
    """Print a line for each capstone that does not answer."""
    for capstone in waiting:
        state = "[yellow]loading[/]  " if capstone.loading else "[red]not ready[/]"
        console.print(f"{state} {capstone.name}" + ("" if capstone.loading else f": {escape(capstone.reason)}"))


def _status_of_cluster(as_json: bool) -> None:
    from cli import cluster

    if as_json:
        print_json({"rollouts": {name: state.shown() for name, state in _rollouts().items()}})
        return
    cluster.status()  # first: it says why the roll-outs cannot be read
    _show_rollouts(_rollouts())


def _rollouts() -> dict[str, Any]:
    """Return the roll-outs that have a version, by capstone; in one request."""
    from capstan import catalogue
    from capstan.rollout import store

    states = store.read_all()
    return {name: states[name] for name in catalogue.names() if name in states and states[name].versions()}


def _show_rollouts(states: dict[str, Any]) -> None:
    for name, state in states.items():
        roles = [f"version {version} is the {role}" for role, version in state.versions().items()]
        traffic = f" ({state.traffic.describe()})" if state.challenger else ""
        console.print(f"{name}: {', '.join(roles)}{traffic}, since {state.since}, by {state.by}")


def open_urls(
    page: Annotated[str | None, typer.Argument(help="On a cluster: mlflow, evidently, prometheus or predict.")] = None,
    capstone: Annotated[str | None, typer.Argument(help="On a cluster: whose endpoint `predict` shows.")] = None,
    as_json: Json = False,
) -> None:
    """Print the URLs of the running services' pages. On a cluster, forward a port to one and show it."""
    from capstan.local import stack
    from capstan.settings import settings
    from cli.pages import open_on_cluster

    if settings().profile == "cluster":
        if page is None:
            raise CapstanError("Name a page: mlflow, evidently, prometheus, or predict with a capstone.")
        open_on_cluster(page, capstone, as_json)
        return
    running = [service for service in stack.services().values() if stack.process(service)]
    if not running:
        raise CapstanError("Nothing runs. Start the stack with `capstan up`.")
    pages = {service.name: service.url for service in running}
    if "endpoint" in pages:
        pages = {"console": f"{pages['endpoint']}/monitoring"} | pages | {"endpoint": f"{pages['endpoint']}/"}
    if as_json:
        print_json(pages)
        return
    for name, url in pages.items():
        console.print(f"{name:<10} {url}")
