"""`capstan cluster up`, `down`, `rotate` and `status`."""

import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Json
from cli.output import console, print_json

if TYPE_CHECKING:
    from cluster.up import Step

FLAGSHIP = "flight_delay"
Capstones = Annotated[
    list[str] | None, typer.Argument(help=f"Those whose images and data it gets; by default {FLAGSHIP}.")
]
ImageCommand = Annotated[
    str | None,
    typer.Option(help="Hands over an image, whose name is appended, such as `docker push`; by default kind's."),
]
ImageDigest = Annotated[
    bool | None,
    typer.Option(
        "--image-digest/--no-image-digest",
        help="Name each image by its digest in the registry, too.",
        show_default=False,
    ),
]
cluster = typer.Typer(no_args_is_help=True, help="Capstan on Kubernetes.")


@cluster.command()
def up(
    capstones: Capstones = None,
    overlay: Annotated[
        str | None, typer.Option(help="A name in manifests/overlays, or a folder; by default kind.")
    ] = None,
    platform_command: Annotated[
        str | None,
        typer.Option(help="Brings up Kubernetes, Kubeflow Pipelines, KServe and KubeRay; `true` if they are there."),
    ] = None,
    image_command: ImageCommand = None,
    image_digest: ImageDigest = None,
    s3_iam_endpoint: Annotated[
        str | None, typer.Option(help="The URL of the object store's IAM API; by default Kubeflow Pipelines'.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring up the platform, Capstan's services and the images of some capstones on a cluster. What is there stays.

    The state folder keeps the options for later commands. An empty one ('') is the default again.
    """
    from cluster.options import keep
    from cluster.up import addresses, steps

    keep(
        overlay=overlay,
        platform_command=platform_command,
        image_command=image_command,
        image_digest=image_digest,
        s3_iam_endpoint=s3_iam_endpoint,
    )
    capstones = capstones or [FLAGSHIP]
    began = time.monotonic()
    done = _follow(steps(capstones), as_json)
    total = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"steps": done, "addresses": addresses(), "seconds": total})
        return
    console.print(f"\nReady in {total} s. Inside the cluster:")
    for name, url in addresses().items():
        console.print(f"  {name:<11} {url}")
    console.print(f"\nNext: capstan --profile cluster run {capstones[0]}")


def _follow(steps: "Iterable[Step]", as_json: bool) -> list[dict[str, Any]]:
    """Do some steps, print a line for each unless `as_json`, and return what the lines say."""
    done = []
    for step in steps:
        started = time.monotonic()
        with console.status(f"{step.title} ...") if not as_json else nullcontext():
            about = step.work() or ""
        seconds = round(time.monotonic() - started, 1)
        done.append({"step": step.title, "seconds": seconds, "about": about})
        if not as_json:
            console.print(f"  [green]done[/]   {step.title:<15} {seconds:6.1f} s  [dim]{about}[/]".rstrip())
    return done


@cluster.command()
def rotate(as_json: Json = False) -> None:
    """Give every role new keys and tokens while endpoints answer, and end the old ones. No run may go on."""
    from cluster.rotation import steps

    done = _follow(steps(), as_json)
    if as_json:
        print_json({"steps": done})


@cluster.command("build")
def build_images(
    capstones: Capstones = None, image_command: ImageCommand = None, image_digest: ImageDigest = None
) -> None:
    """Build the images and hand them over, without a cluster at hand. Print their names.

    The state folder keeps the options, as of `capstan cluster up`.
    """
    from capstan import image_names as images
    from cluster.build import pinned, services_image
    from cluster.options import keep
    from cluster.up import images_of

    keep(image_command=image_command, image_digest=image_digest)
    capstones = capstones or [FLAGSHIP]
    for step in images_of(capstones):
        step.work()
    for image in (*(images.image(name) for name in ("", *capstones)), services_image()):
        print(pinned(image))


@cluster.command()
def down(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_data: Annotated[
        bool | None, typer.Option("--keep-data/--delete-data", help="Keep models, predictions, features and runs.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Delete Capstan from a cluster: services, endpoints, runs, data; the cluster, too, if `cluster up` made it."""
    from cluster.down import down as delete
    from cluster.down import made_here
    from cluster.kubectl import context

    current = context()
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete Capstan from {current}?", abort=True)
        if keep_data is None:
            data = "every experiment, model, prediction and run"
            if made_here(current):
                typer.confirm(f"The cluster ends, and {data} with it. Go on?", abort=True)
            else:
                keep_data = not typer.confirm(f"Delete its data as well: {data}?")
    with console.status("deleting ...") if not as_json else nullcontext():
        deleted, stays = delete(bool(keep_data))
    if as_json:
        print_json({"deleted": deleted, "stays": stays})
        return
    for name in deleted:
        console.print(f"deleted {name}")
    if not deleted:
        console.print("Nothing was there.")
    for name in stays:
        console.print(f"[yellow]stays[/]   {name}")


@cluster.command()
def status(as_json: Json = False) -> None:
    """Show Capstan's services on the cluster, what keeps one from being ready, and which store does not answer."""
    from rich.markup import escape
    from rich.table import Table

    from cluster import health, readiness
    from cluster.kubectl import context

    current, services, troubles = context(), readiness.services(), readiness.troubles()
    if services:
        troubles += health.troubles()
    if as_json:
        rows = [
            {"name": service.name, "ready": service.ready, "wanted": service.wanted, "current": service.current}
            for service in services
        ]
        print_json({"context": current, "services": rows, "troubles": troubles})
        return
    if not services:
        console.print(f"{current} has no Capstan. Bring it up with `capstan cluster up`.")
        return
    table = Table("service", "state", "pods", box=None)
    for service in services:
        state = "[green]ready[/]" if service.is_ready else "[red]not ready[/]"
        table.add_row(service.name, state, f"{service.ready} of {service.wanted}")
    console.print(table)
    for trouble in troubles:
        console.print(f"[red]{escape(trouble)}[/]")
