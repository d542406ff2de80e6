"""HTTP requests to the platform's services: with its token, and with patience for one that is being restarted."""

import ssl
import time
from functools import cache
from typing import Any

import httpx

from capstan.services.proxies import is_loopback
from capstan.settings import settings

# A service that is being restarted: on a cluster it comes back by itself, here nobody starts it.
CONNECT_SECONDS = {"local": 0.0, "cluster": 120.0}
PAUSE = 1.0  # seconds between two attempts
AWAY = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE}  # said by a service that may be back soon


@cache
def certificates() -> ssl.SSLContext:
    """Return what TLS is checked with. httpx would read it again for each request, which takes 20 ms."""
    return httpx.create_ssl_context()


def request(method: str, url: str, timeout: float, headers: dict[str, str] | None = None, **content: Any) -> Any:
    """Return a service's reply. Raises httpx.HTTPError.

    On a cluster a service may be moved at any moment. A request that met nobody is sent again for up to
    CONNECT_SECONDS; one that may have been read is not.
    """
    bearer = {"Authorization": f"Bearer {settings().token}"} if settings().token else {}
    content |= {"headers": bearer | (headers or {}), "timeout": timeout, "verify": certificates()}
    deadline = time.monotonic() + CONNECT_SECONDS[settings().profile]
    while True:
        try:
            reply = httpx.request(method, url, trust_env=not is_loopback(url), **content)
            if reply.status_code != httpx.codes.BAD_GATEWAY or time.monotonic() > deadline:
                return reply  # the gate before a service answers 502 while the service starts
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE)


def how_to_start() -> str:
    """Return what to do about a service that does not answer."""
    if settings().profile == "cluster":
        return "See `capstan cluster status`, and try again."
    return "Start it with `capstan up`, or see `capstan status`."
