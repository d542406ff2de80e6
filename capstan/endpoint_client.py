"""A client of the endpoint."""

from typing import Any

import httpx

from capstan.errors import CapstanError
from capstan.settings import settings


def get(path: str) -> Any:
    """Return the endpoint's JSON answer to a GET. Raises CapstanError with its message when it refuses."""
    return _ask("GET", path)


def post(path: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
    """Return the endpoint's JSON answer to a POST. Raises CapstanError with its message when it refuses."""
    return _ask("POST", path, headers, json=body or {})


def reload(name: str) -> dict[str, Any]:
    """Have the endpoint read a capstone's roll-out state again.

    Return what it serves: {"variants": {role: version}, "unloadable": {role: reason}}.
    """
    served: dict[str, Any] = post(f"/v2/repository/models/{name}/load")
    return served


def _ask(method: str, path: str, headers: dict[str, str] | None = None, **content: Any) -> Any:
    url = f"{settings().endpoint_url}{path}"
    bearer = {"Authorization": f"Bearer {settings().token}"} if settings().token else {}
    try:
        reply = httpx.request(method, url, headers=bearer | (headers or {}), timeout=60, **content)
    except httpx.HTTPError as error:
        raise CapstanError(
            f"The endpoint does not answer at {url} ({error}). Start it with `capstan up`, or see `capstan status`."
        ) from error
    if not reply.is_success:
        raise CapstanError(f"The endpoint answered {reply.status_code}: {_message(reply)}")
    return reply.json()


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:500]
