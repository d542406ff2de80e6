"""Where to see more of a capstone: MLflow, the run of its champion, Evidently."""

from contextlib import suppress
from urllib.parse import quote

import httpx

from capstan.services import http
from capstan.settings import settings
from capstan.versions import registry

SECONDS = 1  # that Evidently may take to name its projects


def links(capstone: str, version: str) -> dict[str, str]:
    """Return links, or on a cluster the commands that open them there. Raises CapstanError without MLflow.

    version: the champion, or "".
    """
    if settings().profile == "cluster":
        return {name: f"capstan --profile cluster open {name.lower()}" for name in ("MLflow", "Evidently")}
    urls = {"MLflow": f"{settings().tracking_uri}/#/models/{quote(capstone)}"}
    if version and (known := registry.version(capstone, version)):
        urls["MLflow"] += f"/versions/{version}"
        if known.run_id:
            run = registry.call("GET", "runs/get", missing_ok=True, run_id=known.run_id).get("run", {})
            experiment = run.get("info", {}).get("experiment_id", "0")
            urls["Run"] = f"{settings().tracking_uri}/#/experiments/{experiment}/runs/{known.run_id}"
    return urls | {"Evidently": _project(capstone)}


def _project(capstone: str) -> str:
    """Return the page of the capstone's project in Evidently, or of all projects where it cannot be asked."""
    base = settings().evidently_url
    with suppress(httpx.HTTPError, ValueError, TypeError, KeyError):
        for project in http.request("GET", f"{base}/api/projects", SECONDS).raise_for_status().json():
            if project["name"] == capstone:
                return f"{base}/projects/{project['id']}"
    return base
