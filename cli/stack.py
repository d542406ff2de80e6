"""`capstan up`, `down`, `status`, `open`."""

from contextlib import nullcontext
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.options import Json
from cli.output import console, print_json


def up(as_json: Json = False) -> None:
    """Start MLflow, the endpoint and the Evidently UI. Wait until each is healthy and every champion answers."""
    from capstan import stack

    started = []
    with console.status("starting ...") if not as_json else nullcontext():
        for service in stack.up():
            stack.wait_until_ready(service)
            started.append({"name": service.name, "url": service.url, "log": str(service.log)})
            if not as_json:
                console.print(f"[green]up[/]    {service.title:<10} {service.url}")
    if as_json:
        print_json(started)


def down(as_json: Json = False) -> None:
    """Stop every service that `capstan up` or a run started."""
    from capstan import stack

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

    from capstan import stack
    from capstan.settings import settings

    if settings().profile == "cluster":
        _status_of_cluster(as_json)
        return
    rows: list[dict[str, Any]] = []
    for service in stack.services().values():
        running = stack.process(service)
        health = "stopped" if running is None else "healthy" if stack.healthy(service) else "not answering"
        if health == "healthy" and stack.not_ready(service):
            health = "not ready"
        pid = running.pid if running else None
        rows.append({"name": service.name, "state": health, "url": service.url, "pid": pid, "log": str(service.log)})
    mlflow_answers = stack.healthy(stack.services()["mlflow"])
    states = _rollouts() if mlflow_answers else {}
    if as_json:
        champions = {name: state.champion for name, state in states.items()}
        rollouts = {name: asdict(state) for name, state in states.items()}
        print_json({"services": rows, "champions": champions, "rollouts": rollouts})
        return
    table = Table("service", "state", "url", "pid", Column("log", overflow="fold"), box=None)
    for row in rows:
        colour = {"healthy": "green", "stopped": "dim"}.get(row["state"], "red")
        pid = str(row["pid"] or "")
        table.add_row(row["name"], f"[{colour}]{row['state']}[/]", row["url"], pid, row["log"])
    console.print(table)
    _show_rollouts(states)


def _status_of_cluster(as_json: bool) -> None:
    from cli import cluster

    states = _rollouts()
    if as_json:
        print_json({"rollouts": {name: asdict(state) for name, state in states.items()}})
        return
    cluster.status()
    _show_rollouts(states)


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
    from capstan import stack
    from capstan.errors import CapstanError
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
        pages["endpoint"] += "/"
    if as_json:
        print_json(pages)
        return
    for name, url in pages.items():
        console.print(f"{name:<10} {url}")
