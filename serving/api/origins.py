"""CORS: the pages of other sites that may ask this server from a browser, and read its answers."""

from collections.abc import Collection, Mapping

from starlette.responses import Response

from serving.errors import Forbidden
from serving.guards.sites import host_name

METHODS = "GET, HEAD, POST"
EXPOSED = "inference-header-content-length, retry-after"  # which an answer cannot be read or repeated without
DAY = "86400"  # seconds for which a browser need not ask again


class Origins:
    """The origins whose hosts the operator names."""

    def __init__(self, hosts: Collection[str] = ()):
        self.hosts = {host.lower() for host in hosts}

    def headers(self, origin: str) -> dict[str, str]:
        """Return what lets a page of an origin read an answer; nothing for another origin."""
        if not self.hosts or host_name(origin.partition("://")[2]) not in self.hosts:
            return {}
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, "Vary": "Origin"}

    def raw_headers(self, origin: str) -> list[tuple[bytes, bytes]]:
        """Return the same as ASGI has it."""
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers(origin).items()]

    def preflight(self, headers: Mapping[str, str]) -> Response:
        """Return the answer to a browser that asks before a page's request. It carries no token, so no guard stands
        before it. Raises Forbidden."""
        origin = headers.get("origin", "")
        if not (allowed := self.headers(origin)):
            raise Forbidden(
                f"A page of {origin[:100]!r} may not ask here. Name its host in CAPSTAN_ALLOWED_HOSTS and start the "
                "server again."
            )
        wanted = headers.get("access-control-request-headers", "authorization, content-type")
        return Response(
            status_code=204,
            headers=allowed
            | {"Access-Control-Allow-Methods": METHODS, "Access-Control-Allow-Headers": wanted[:1_000]}
            | {"Access-Control-Max-Age": DAY},
        )


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Return whether a request with an origin asks what its page may send."""
    return method == "OPTIONS" and "access-control-request-method" in headers
