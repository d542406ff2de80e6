"""Bearer tokens: all but probes and reading the console need one; labels and decisions at the console, their own."""

from typing import Any

from serving.errors import Forbidden, Unauthenticated
from serving.guards.call import OPEN, Answer, Call, Kind
from serving.guards.tokens import LABELS, OPERATOR, TokenFile

NEEDED = {Kind.LABEL: LABELS, Kind.OPERATE: OPERATOR}  # the purpose that a token of such a call must have
WHOSE = {LABELS: "labels", OPERATOR: "operators"}


class Authentication:
    """Names the client of each call after its token."""

    def __init__(self, tokens: TokenFile):
        self.tokens = tokens

    async def __call__(self, call: Call, proceed: Answer) -> Any:
        """Raises Unauthenticated for calls without a known token, Forbidden for those with one of another purpose."""
        if call.kind not in OPEN:
            scheme, _, token = call.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthenticated("This server needs a token: send the header `Authorization: Bearer TOKEN`.")
            call.client = self.tokens.client(token.strip())
            if not call.client:
                raise Unauthenticated("The token is unknown.")
            # Who may ask need not be believed about what was true, and who reports what was true need not ask. Neither
            # need decide what serves.
            purpose, needed = self.tokens.purpose(call.client), NEEDED.get(call.kind, "")
            if needed and purpose != needed:
                raise Forbidden(
                    f"The token of {call.client!r} is not for {WHOSE[needed]}. `python -m serving.guards.tokens add "
                    f"NAME --for {needed}` makes one that is."
                )
            if purpose != needed:
                raise Forbidden(f"The token of {call.client!r} is for {WHOSE[purpose]} only.")
        return await proceed()
