"""The endpoint of this machine, which serves every capstone."""

import httpx

from capstan import http
from capstan.errors import CapstanError
from capstan.settings import settings


def forget(name: str) -> bool:
    """Have the endpoint of this machine see that a capstone has no roll-out any more. Return whether it was serving it.

    An endpoint that does not run serves nothing. Raises CapstanError when it goes on serving.
    """
    base = settings().endpoint_url
    try:
        before = _served(base)
        http.request("POST", f"{base}/v2/repository/models/{name}/load", 60, json={})  # it reads that there is none
    except httpx.ConnectError:
        return False
    except httpx.HTTPError as error:
        raise CapstanError(f"The endpoint does not answer at {base} ({error}). Try again.") from error
    if name in _served(base):
        raise CapstanError(f"The endpoint still serves {name}. Try again, or stop it with `capstan down`.")
    return name in before


def _served(base: str) -> list[str]:
    served: list[str] = http.request("GET", f"{base}/v1/models", 60).raise_for_status().json()["models"]
    return served
