"""Proxies that the environment names: what listens on this machine is reached without one."""

import ipaddress
import os
from urllib.parse import urlsplit

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def spare_loopback() -> None:
    """Have this process, its libraries and the processes that it starts reach this machine directly."""
    known = [name.strip() for key in ("NO_PROXY", "no_proxy") for name in os.environ.get(key, "").split(",")]
    names = ",".join(dict.fromkeys([*filter(None, known), *LOOPBACK]))
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = names  # programs differ in which one they read


def is_loopback(url: str) -> bool:
    """Return whether a URL is of this machine. httpx opens every proxy of the environment first, whatever the URL."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
