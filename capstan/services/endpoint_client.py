"""A client of the endpoints."""

import json
import time
from typing import Any

import httpx

from capstan.contract.capstone import Capstone
from capstan.errors import CapstanError, Unavailable
from capstan.profile import profile
from capstan.services import http


def get(capstone: str, path: str, patience: float = 0) -> Any:
    """Return the JSON answer of a capstone's endpoint to a GET. Raises CapstanError with its message if it refuses.

    patience: for how many seconds to ask again while the endpoint says when to come again, as it does while it loads.
    """
    return _ask("GET", profile().endpoint(capstone), path, patience=patience)


def post(
    capstone: str, path: str, body: dict[str, Any], headers: dict[str, str] | None = None, patience: float = 0
) -> Any:
    """Return the JSON answer of a capstone's endpoint to a POST; see `get`. Raises CapstanError for what is no JSON."""
    try:
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:  # Infinity, a text that is not UTF-8
        raise CapstanError(f"This cannot be sent as JSON: {error}.") from error
    sent = {"Content-Type": "application/json"} | (headers or {})
    return _ask("POST", profile().endpoint(capstone), path, sent, patience, content=content)


def post_to_each(capstone: str, path: str, body: dict[str, Any], headers: dict[str, str]) -> list[Any]:
    """Return the JSON answer of every replica of a capstone's endpoint to a POST, at least one. Raises CapstanError."""
    with profile().replicas(capstone) as urls:
        return [_ask("POST", url, path, headers, json=body) for url in urls]


def path_to_ask(capstone: Capstone) -> str:
    """Return the path at which a capstone answers one request: whole predictions, or streams where it has no others."""
    return f"/v2/models/{capstone.name}/generate" if capstone.STREAMS_ONLY else f"/v1/models/{capstone.name}:predict"


def metrics(capstone: str) -> dict[str, str]:
    """Return what each replica of a capstone's endpoint says at /metrics, by its URL. Raises CapstanError."""
    with profile().replicas(capstone) as urls:
        return {url: _reply("GET", url, "/metrics").text for url in urls}


def reload(name: str) -> list[dict[str, Any]]:
    """Have every replica of a capstone's endpoint read its roll-out state again.

    Return what each of them serves: {"variants": {role: version}, "unloadable": {role: reason}}.
    """
    with profile().replicas(name) as urls:
        return [_ask("POST", url, f"/v2/repository/models/{name}/load", json={}) for url in urls]


def flush(name: str) -> set[str]:
    """Have every replica of a capstone's endpoint turn the predictions that it has written ahead into parquet.

    Return the segments in which other servers still hold some: those that no replica could convert.
    """
    with profile().replicas(name) as urls:
        left = [set(_ask("POST", url, f"/v2/repository/models/{name}/flush", json={})["left"]) for url in urls]
    return set.intersection(*left)


def _ask(
    method: str, base: str, path: str, headers: dict[str, str] | None = None, patience: float = 0, **content: Any
) -> Any:
    return _reply(method, base, path, headers, patience, **content).json()


def _reply(
    method: str, base: str, path: str, headers: dict[str, str] | None = None, patience: float = 0, **content: Any
) -> httpx.Response:
    url, deadline = f"{base}{path}", time.monotonic() + patience
    try:
        reply: httpx.Response = http.request(method, url, 60, headers, **content)
        while (seconds := _retry_after(reply)) and time.monotonic() + seconds < deadline:
            time.sleep(seconds)
            reply = http.request(method, url, 60, headers, **content)
    except httpx.HTTPError as error:
        raise Unavailable(f"The endpoint does not answer at {url} ({error}). {http.how_to_start()}") from error
    if not reply.is_success:
        kind = Unavailable if reply.status_code in http.AWAY else CapstanError
        raise kind(f"The endpoint answered {reply.status_code}: {_message(reply)}")
    return reply


def _retry_after(reply: httpx.Response) -> float:
    """Return after how many seconds to ask again: 0 where the answer is final."""
    seconds = reply.headers.get("Retry-After", "")
    return float(seconds) if reply.status_code == httpx.codes.SERVICE_UNAVAILABLE and seconds.isdigit() else 0


def _message(reply: httpx.Response) -> str:
    try:
        return str(reply.json()["error"])
    except (ValueError, KeyError, TypeError):
        return reply.text[:500]
