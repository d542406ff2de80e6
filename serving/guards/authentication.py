"""Bearer tokens: everything but the probes needs one."""

from typing import Any

from serving.errors import Unauthenticated
from serving.guards.call import Answer, Call, Kind
from serving.guards.tokens import TokenFile


class Authentication:
    """Names the client of each call after its token."""

    def __init__(self, tokens: TokenFile):
        self.tokens = tokens

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises Unauthenticated for calls without a known token."""
        if call.kind is not Kind.PROBE:
            scheme, _, token = call.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("This server needs a token: send the header `Authorization: Bearer TOKEN`.")
            call.client = self.tokens.client(token.strip())
            if not call.client:
                raise Unauthenticated("The token is unknown.")
        return await proceed()
