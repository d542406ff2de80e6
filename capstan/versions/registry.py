"""The model registry, through MLflow's REST API.

Importing mlflow takes 3 s; a request takes a few milliseconds. Most steps of a run only read a version or write a tag.
mlflow itself logs and loads models.
API: https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

import os
import re
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from capstan.data.files import digest
from capstan.errors import CapstanError, Unavailable
from capstan.services import http
from capstan.services.proxies import spare_loopback
from capstan.settings import settings
from capstan.versions import version_cache
from capstan.versions.version_cache import HeldFiles

if TYPE_CHECKING:
    from capstan.versions.model_version import Version


TIMEOUT = 8  # seconds for one request
NUMBER, LARGEST = re.compile("[1-9][0-9]{0,9}"), 2**31 - 1  # of a version; PostgreSQL has no larger ones
ACCEPTED_BECAUSE, ACCEPTED_AT = "accepted_because", "accepted_at"  # of what a person let pass: why, and when
RETIRED = "retired"  # the tag of a version that never serves again: when, and by whom


@dataclass(frozen=True)
class ModelVersion:
    """One registered version of a capstone's model."""

    name: str
    version: str
    run_id: str
    tags: dict[str, str]
    model_id: str = ""  # of MLflow's logged model, which has the files

    @property
    def retired(self) -> bool:
        """Whether it was retired: it never serves again."""
        return RETIRED in self.tags


def version(name: str, number: str) -> ModelVersion | None:
    """Return a version, or None when the registry does not have it."""
    if not NUMBER.fullmatch(number) or int(number) > LARGEST:  # MLflow refuses them, or takes "03" for 3
        return None
    reply = call("GET", "model-versions/get", missing_ok=True, name=name, version=number)
    return _parse(reply["model_version"]) if reply else None


def known_version(name: str, number: str) -> ModelVersion:
    """Return a version. Raises CapstanError, with those that there are, when the registry does not have it."""
    known = version(name, number)
    if known is None:
        there = ", ".join(registered.version for registered in versions(name)) or "none"
        raise CapstanError(f"{name} has no version {number[:80] or repr('')}. It has: {there}.")
    return known


def by_alias(name: str, alias: str) -> ModelVersion | None:
    """Return the version that an alias points to, or None. What serves is in `capstan.rollout.store`."""
    reply = call("GET", "registered-models/alias", missing_ok=True, name=name, alias=alias)
    return _parse(reply["model_version"]) if reply else None


def champion(name: str) -> ModelVersion:
    """Return the version that is the champion. Raises CapstanError where there is none."""
    if not (found := by_alias(name, "champion")):
        raise CapstanError(f"{name} has no champion yet: capstan run {name}.")
    return found


def library() -> Any:
    """Return the mlflow module, set to this profile's server. A server that does not answer fails within 10 s.

    By itself it tries for four minutes. Raises CapstanError at once when nothing listens there.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "6" if http.CONNECT_SECONDS[settings().profile] else "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(TIMEOUT))
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    if settings().token:
        os.environ.setdefault("MLFLOW_TRACKING_TOKEN", str(settings().token))
    spare_loopback()
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    return mlflow


def hold_version(name: str, number: str) -> HeldFiles:
    """Return the files of a version, downloaded unless they are here. Raises CapstanError when it cannot be read."""
    return _hold(_known(name, number))


def open_version(name: str, number: str) -> "tuple[Version, HeldFiles]":
    """Return a version and its files, which stay as long as they are held. Raises CapstanError when either fails.

    Files that were damaged after their download are downloaded once more.
    """
    from capstan.versions.version_seal import DamagedVersion

    known = _known(name, number)
    files = _hold(known)
    try:
        return _load(known, files), files
    except DamagedVersion:
        version_cache.discard(files)
    files = _hold(known)
    return _load(known, files), files


def load_version(name: str, number: str) -> "Version":
    """Download a version, unless it is here, and load it. Raises CapstanError when either fails."""
    loaded, files = open_version(name, number)
    weakref.finalize(loaded.model, lambda _: None, files)  # its code and artifacts are read when they are needed
    return loaded


def _known(name: str, number: str) -> ModelVersion:
    known = version(name, number)
    if known is None:
        raise CapstanError(f"Version {number} of {name!r} cannot be downloaded: the registry does not have it.")
    return known


def _load(known: ModelVersion, files: HeldFiles) -> "Version":
    from capstan.versions import model_version

    folder = files.path / model_version.DATA
    try:
        return model_version.load(folder, known.name, known.tags)
    except CapstanError as error:
        message = str(error).removeprefix(f"The model in {folder} ")
        raise type(error)(f"Version {known.version} of {known.name!r} {message}") from error


def _hold(known: ModelVersion) -> HeldFiles:
    name, number = known.name, known.version

    def download(folder: Path) -> None:
        mlflow = library()
        try:
            mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=str(folder))
        except (mlflow.MlflowException, OSError) as error:
            raise CapstanError(f"Version {number} of {name!r} cannot be downloaded: {error}") from error

    # A number says which version only together with the registry: there may have been another before.
    return version_cache.hold(name, f"{number}-{digest(known.model_id)}", download)


def versions(name: str) -> list[ModelVersion]:
    """Return every version of a model, newest first. (MLflow leaves the aliases out of a search.)"""
    reply = call("GET", "model-versions/search", filter=f"name='{name}'", max_results=100_000)
    parsed = [_parse(item) for item in reply.get("model_versions", [])]
    return sorted(parsed, key=lambda version: -int(version.version))


def newest_versions() -> dict[str, ModelVersion]:
    """Return the newest version of every model, by its name, of up to 1000 models; in one request."""
    reply = call("GET", "registered-models/search", max_results=1000)
    latest = [_parse(item) for model in reply.get("registered_models", []) for item in model.get("latest_versions", [])]
    return {version.name: version for version in sorted(latest, key=lambda version: int(version.version))}


def create_version(name: str, model_id: str, run_id: str, tags: dict[str, str]) -> ModelVersion:
    """Register a logged model, with its tags, as a new version. Make the name if it is new."""
    call("POST", "registered-models/create", exists_ok=True, name=name)
    items = [{"key": key, "value": value} for key, value in tags.items()]
    source = f"models:/{model_id}"
    reply = call(
        "POST", "model-versions/create", name=name, source=source, model_id=model_id, run_id=run_id, tags=items
    )
    return _parse(reply["model_version"])


def has_files(version: ModelVersion) -> bool:
    """Return whether the store has files of a version. A bucket that was lost has none."""
    path = f"logged-models/{version.model_id}/artifacts/directories"
    return bool(call("GET", path, missing_ok=True).get("files"))


def set_alias(name: str, alias: str, version: str) -> None:
    """Point an alias at a version, and no longer at the one before."""
    call("POST", "registered-models/alias", name=name, alias=alias, version=version)


def delete_alias(name: str, alias: str) -> None:
    """Remove an alias. Do nothing when there is none."""
    call("DELETE", "registered-models/alias", missing_ok=True, name=name, alias=alias)


def set_tag(name: str, version: str, key: str, value: str) -> None:
    """Write a tag of a version."""
    call("POST", "model-versions/set-tag", name=name, version=version, key=key, value=value)


def model_tags(name: str) -> dict[str, str]:
    """Return the tags of a model, not of a version. A model that does not exist has none."""
    reply = call("GET", "registered-models/get", missing_ok=True, name=name)
    return {tag["key"]: tag["value"] for tag in reply.get("registered_model", {}).get("tags", [])}


def all_model_tags() -> dict[str, dict[str, str]]:
    """Return the tags of every model, by its name, of up to 1000 models; in one request."""
    reply = call("GET", "registered-models/search", max_results=1000)
    models = reply.get("registered_models", [])
    return {model["name"]: {tag["key"]: tag["value"] for tag in model.get("tags", [])} for model in models}


def set_model_tag(name: str, key: str, value: str) -> None:
    """Write a tag of a model, not of a version."""
    call("POST", "registered-models/set-tag", name=name, key=key, value=value)


def call(method: str, path: str, *, missing_ok: bool = False, exists_ok: bool = False, **fields: Any) -> dict[str, Any]:
    """Return MLflow's answer, or nothing for what is allowed to be missing or to exist. Raises CapstanError."""
    service = "mlflow-artifacts" if path.startswith("artifacts/") else "mlflow"
    url = f"{settings().tracking_uri}/api/2.0/{service}/{path}"
    payload: dict[str, Any] = {"params": fields} if method == "GET" else {"json": fields}
    reply = request(method, url, **payload)
    code = "" if reply.is_success else _error_code(reply)
    if (missing_ok and _is_missing(code, reply)) or (exists_ok and code == "RESOURCE_ALREADY_EXISTS"):
        return {}
    if code:
        raise CapstanError(f"MLflow refused {method} {path}: {reply.text[:300]}")
    answer: dict[str, Any] = reply.json()
    return answer


def request(method: str, url: str, **payload: Any) -> httpx.Response:
    """Return MLflow's answer. Raises Unavailable where there is none."""
    try:
        reply: httpx.Response = http.request(method, url, TIMEOUT, **payload)
    except httpx.HTTPError as error:
        raise _away(str(error)) from error
    if reply.status_code in http.AWAY:
        raise _away(f"{reply.status_code} {reply.reason_phrase}")
    return reply


def _away(why: str) -> Unavailable:
    return Unavailable(f"MLflow does not answer at {settings().tracking_uri} ({why}). {http.how_to_start()}")


def _error_code(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error_code"])
    except (ValueError, KeyError, TypeError):
        return str(reply.status_code)


def _is_missing(code: str, reply: httpx.Response) -> bool:
    # An alias that is not set is reported as INVALID_PARAMETER_VALUE, an unknown model as RESOURCE_DOES_NOT_EXIST.
    return code == "RESOURCE_DOES_NOT_EXIST" or (code == "INVALID_PARAMETER_VALUE" and "alias" in reply.text)


def _parse(item: dict[str, Any]) -> ModelVersion:
    tags = {tag["key"]: tag["value"] for tag in item.get("tags", [])}
    model_id = item.get("model_id") or item.get("source", "").removeprefix("models:/")
    return ModelVersion(item["name"], str(item["version"]), item.get("run_id", ""), tags, model_id)
