"""Deploy: try a version at the endpoint with real rows, then make it the champion or a canary."""

from typing import Any

from capstan.catalogue import load
from capstan.contract.capstone import Capstone
from capstan.data.files import atomic_write, read_tables
from capstan.errors import CapstanError
from capstan.notes import note
from capstan.profile import profile
from capstan.rollout import deployment
from capstan.services import endpoint_client
from cluster.names import ENDPOINT_ROLE
from monitoring.alerts import alerts
from monitoring.history import history
from monitoring.snapshots import snapshots
from predictions.labels import label_store


def deploy(capstone: str, version: str, test: str, report: str, canary: float = 0, champion: str | None = None) -> str:
    """Try `version` with examples from the tables in the folder `test`, then give it requests. Return its URL.

    canary: the percent of requests that it gets as the challenger; 0 makes it the champion. champion: the one
    that the gate compared it with, "" for none. Raises CapstanError when it does not answer as it should, or when
    another champion serves now. What served before then goes on serving.
    """
    open_tables()
    profile().ensure("endpoint", capstone)
    task = load(capstone)
    examples = task.examples(read_tables(test))
    answers: list[dict[str, Any]] = []

    def try_role(role: str) -> None:
        answers[:] = ask(task, examples, version, role)

    outcome = deployment.deploy(capstone, version, try_role, canary, champion)
    note(outcome)
    url = f"{profile().endpoint(capstone)}{endpoint_client.path_to_ask(task)}"
    lines = [outcome, "", f"It answers at `{url}`.", "", "| request | answer |", "|---|---|"]
    fields = task.Prediction.model_fields
    for request, answer in zip(examples, answers, strict=True):
        shown = {name: answer[name] for name in fields}
        lines.append(f"| {_short(request)} | {_short(shown)} |")
    with atomic_write(report) as partial:
        partial.write_text("\n".join(lines) + "\n")
    return url


def open_tables() -> None:
    """Make the tables that endpoints use, which may make none themselves: they add labels, and read what happened."""
    label_store().open_to(ENDPOINT_ROLE, "INSERT")
    for read in (alerts(), history(), snapshots()):
        read.open_to(ENDPOINT_ROLE)


def ask(capstone: Capstone, requests: list[dict[str, Any]], version: str, role: str) -> list[dict[str, Any]]:
    """Return a role's answers; raise CapstanError unless `version` answers each of them, in each replica.

    A replica that is on its way out may still get requests through the Service, and knows nothing of the version.
    """
    bodies = requests if capstone.STREAMS_ONLY else [{"instances": requests}]
    path, headers = endpoint_client.path_to_ask(capstone), {"x-capstan-variant": role}
    answers: list[dict[str, Any]] = []
    for body in bodies:
        replies = endpoint_client.post_to_each(capstone.name, path, body, headers)
        for answer in (answer for reply in replies for answer in reply.get("predictions", [reply])):
            if answer["model_version"] != version:
                raise CapstanError(f"The {role} should be version {version}; the endpoint answered {_short(answer)}.")
        answers += replies[0].get("predictions", replies[:1])
    return answers


def _short(value: object, limit: int = 300) -> str:
    text = str(value)
    return text if len(text) <= limit else f"{text[:limit]} ..."
