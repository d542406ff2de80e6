"""Pages of other sites: a browser lets any page send requests to this machine, and says which page it was.

Two headers are the browser's own, which no page can set: `Origin` and `Sec-Fetch-Site`. Other clients, such as curl,
send neither. A page whose name was made to point to this machine (DNS rebinding) looks like the server's own page,
except for the `Host` that it asks for.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from capstan.services.hosts import is_local, is_loopback
from serving.errors import Forbidden
from serving.guards.call import Answer, Call, Kind

SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing
OWN = ("same-origin", "none")  # `same-site` is a page of another port or another subdomain
HOST = re.compile(r"\[?(?P<name>[\w.-]+?|[\da-f:.]+)\]?\.?(?::\d*)?", re.ASCII | re.IGNORECASE)


class Sites:
    """Refuses foreign Hosts, and changes for pages of other sites. Who has a token passes: such pages have none.

    Hosts are checked where the server listens on a loopback address, or where some are `allowed`: a pod is asked by
    many names and addresses.
    """

    def __init__(self, host: str, allowed: Iterable[str] = ()):
        self.host, self.allowed = host.lower(), {name.lower() for name in allowed}
        self.any_host = not self.allowed and not is_loopback(host)
        self.knows = lru_cache(64)(self._knows)  # clients ask for few Hosts

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises Forbidden. gRPC has no method: no page can speak it."""
        if call.method and not call.client and call.kind is not Kind.PROBE:
            host, origin = call.headers.get("host", ""), call.headers.get("origin", "")
            if (host or origin) and not self.knows(host):
                raise Forbidden(
                    f"This server does not answer as {host[:100]!r}. Ask for it as localhost, or name that host in "
                    "CAPSTAN_ALLOWED_HOSTS and start it again."
                )
            if call.method not in SAFE:
                site = call.headers.get("sec-fetch-site")
                foreign = site not in OWN if site else origin != "" and not self._owns(origin, host)
                if foreign:
                    raise Forbidden("A page of another site may change nothing here without a token.")
        return await proceed()

    def _knows(self, host: str) -> bool:
        name = host_name(host)
        return self.any_host or name == self.host or name in self.allowed or is_local(name)

    def _owns(self, origin: str, host: str) -> bool:
        """Return whether a page is the server's own: browsers say so themselves only to HTTPS and this machine."""
        own = origin.partition("://")[2]  # the scheme may differ: TLS may end at a proxy
        return own.lower() == host.lower() or host_name(own) in self.allowed


def host_name(host: str) -> str:
    """Return a Host without its port, or "" for what is none."""
    match = HOST.fullmatch(host)
    return match["name"].lower() if match else ""
