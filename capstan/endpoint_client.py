"""Asking the endpoint."""

import httpx

from capstan.errors import CapstanError
from capstan.settings import settings


def post(path: str, body: dict | None = None, headers: dict[str, str] | None = None) -> dict:
    """Return the endpoint's JSON answer to a POST. Raises CapstanError with its own message when it refuses."""
    url = f"{settings().endpoint_url}{path}"
    bearer = {"Authorization": f"Bearer {settings().token}"} if settings().token else {}
    try:
        reply = httpx.post(url, json=body or {}, headers=bearer | (headers or {}), timeout=60)
    except httpx.HTTPError as error:
        raise CapstanError(
            f"The endpoint does not answer at {url} ({error}). Start it with `capstan up`, or see `capstan status`."
        ) from error
    if not reply.is_success:
        raise CapstanError(f"The endpoint answered {reply.status_code}: {_message(reply)}")
    return reply.json()


def reload(name: str) -> dict:
    """Have the endpoint read a capstone's roll-out state again.

    Return what it serves: {"variants": {role: version}, "unloadable": {role: reason}}.
    """
    return post(f"/v2/repository/models/{name}/load")


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:500]
