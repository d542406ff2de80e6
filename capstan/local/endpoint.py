"""The endpoint of this machine, which serves every capstone."""

import time
from contextlib import suppress
from dataclasses import dataclass

import httpx

from capstan.errors import CapstanError
from capstan.local.stack import get, services
from capstan.services import http
from capstan.settings import settings


@dataclass(frozen=True)
class NotReady:
    """A capstone whose champion does not answer. `loading`: it is about to."""

    name: str
    reason: str
    loading: bool


def capstones_not_ready(seconds: float = 0) -> list[NotReady]:
    """Return the capstones whose champion does not answer, by the local endpoint.

    An endpoint that has only just started gets so many seconds to read from the registry what to serve, and loads again
    what failed, as it does while MLflow is away. One that wants a token, where CAPSTAN_TOKEN has none, does not say.
    Raises CapstanError when it does not know or does not answer.
    """
    endpoint, deadline = services()["endpoint"], time.monotonic() + seconds
    bearer = {"Authorization": f"Bearer {settings().token}"} if settings().token else {}
    asked_again = seconds == 0
    while True:
        try:
            reply = get(f"{endpoint.url}/v2", headers=bearer)
            if reply.status_code == httpx.codes.UNAUTHORIZED:
                return []
            answer = reply.json()
            loading = set(answer["loading"])
            if not answer["unread"]:
                waiting, failed = sorted(answer["not_ready"].items()), answer["not_ready"].keys() - loading
                if asked_again or not failed:
                    return [NotReady(name, reason, name in loading) for name, reason in waiting]
                asked_again = True
                for name in sorted(failed):
                    with suppress(httpx.HTTPError):  # a large model takes longer: it goes on, and the answer says so
                        _load(name)
                continue
            reason = answer["unread"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            reason = f"it does not answer ({error})"
        if time.monotonic() > deadline:
            raise CapstanError(f"{endpoint.title} runs at {endpoint.url}, but serves nothing: {reason}")
        time.sleep(0.2)


def serves(name: str) -> bool:
    """Return whether the endpoint of this machine serves a capstone. One that does not run serves nothing."""
    try:
        reply = http.request("GET", f"{settings().endpoint_url}/v1/models", 60).raise_for_status()
    except httpx.ConnectError:
        return False
    except httpx.HTTPError as error:
        raise _no_answer(error) from error
    return name in reply.json()["models"]


def forget(name: str) -> None:
    """Have the endpoint of this machine see that a capstone has no roll-out any more.

    Raises CapstanError when it goes on serving.
    """
    try:
        _load(name)  # it reads that there is none
    except httpx.ConnectError:
        return
    except httpx.HTTPError as error:
        raise _no_answer(error) from error
    if serves(name):
        raise CapstanError(f"The endpoint still serves {name}. Try again, or stop it with `capstan down`.")


def _load(name: str) -> None:
    """Have the endpoint read the roll-out of a capstone again. Raises httpx.HTTPError where it does not answer."""
    http.request("POST", f"{settings().endpoint_url}/v2/repository/models/{name}/load", 60, json={})


def _no_answer(error: httpx.HTTPError) -> CapstanError:
    return CapstanError(f"The endpoint does not answer at {settings().endpoint_url} ({error}). Try again.")
