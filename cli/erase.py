"""`capstan erase`."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import Capstone, Json
from cli.output import console, print_json
from cli.predict import pairs, value


def erase(
    capstone: Capstone,
    entity: Annotated[
        list[str], typer.Option("--entity", "-e", metavar="KEY=VALUE", help="A field of the requests; repeat it.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Erase the predictions about an entity, such as a person, their labels, and what events wrote, for good."""
    from capstan import catalogue
    from capstan.errors import CapstanError
    from capstan.profile import profile
    from feature_repo.forget import forget
    from feature_repo.store import open_store, published
    from predictions.retention import erase_entity

    task = catalogue.load(capstone)
    fields = task.Request.model_json_schema()["properties"] if "endpoint" in task.capabilities else {}
    wanted = {key: value(text, fields.get(key, {})) for key, text in pairs(entity).items()}
    if unknown := sorted(set(wanted) - set(fields)):
        raise CapstanError(f"A request of {capstone} has no {', '.join(unknown)}. It has: {', '.join(fields)}.")
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase every prediction of {capstone} with {', '.join(entity)}, for good?", abort=True)
    # A store is made when it is opened, which takes seconds. One that does not exist has nothing to forget.
    has_features = "events" in task.capabilities and profile().storage().keys(published(capstone))
    views = forget(open_store(capstone), wanted) if has_features else []
    done = erase_entity.erase(capstone, wanted)
    if as_json:
        print_json({"capstone": capstone, "entity": wanted, **asdict(done), "features": views})
        return
    console.print(
        f"{capstone}: erased {done.predictions:,} predictions and {done.labels:,} labels in {done.files} files"
        + (f", and the features in {', '.join(views)}" if views else "")
    )
