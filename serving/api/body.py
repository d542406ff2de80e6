"""The bodies of requests: their size, their compression, and the JSON in them."""

import zlib
from codecs import BOM_UTF8
from collections.abc import Mapping
from typing import Any

from kserve.errors import InvalidInput
from orjson import JSONDecodeError, loads
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

CODINGS = {"gzip", "x-gzip", "deflate"}
GZIP = b"\x1f"  # the first byte of a member
MEMBERS = 1_000  # of a gzip body, as `cat` and `bgzip` make; an empty one costs its client 20 bytes


def read_json(body: bytes) -> object:
    """Return what a body says. Raises InvalidInput."""
    try:
        return loads(body.removeprefix(BOM_UTF8))  # as Windows writes files
    except JSONDecodeError as error:
        raise InvalidInput(f"The body is no valid JSON: {error}. (NaN and Infinity are not JSON either.)") from None


def read_object(body: bytes, fields: Mapping[str, type]) -> dict[str, Any]:
    """Return a body's JSON object. Each field may be there and has a type. Without a body the object is empty."""
    payload = read_json(body) if body else {}
    expected = f"Expected an object with {', '.join(fields) or 'nothing'} in it, or no body."
    if not isinstance(payload, dict):
        raise InvalidInput(f"The body is a JSON {type(payload).__name__}. {expected}")
    for name, value in payload.items():
        if name not in fields:
            raise InvalidInput(f"Unknown field {name[:80]!r}. {expected}")
        if type(value) is not fields[name]:
            raise InvalidInput(f"`{name}` is a {type(value).__name__}, not a {fields[name].__name__}. {expected}")
    return payload


class Body:
    """A body of at most `max_bytes` that is read piece by piece, inflated, and then received as a whole."""

    def __init__(self, scope: Scope, receive: Receive, max_bytes: int):
        self._receive, self._max_bytes, self._size = receive, max_bytes, 0
        self._pieces: list[bytes] | None = []
        self._complete = False
        for name, value in scope["headers"]:
            if name == b"content-encoding":
                coding = value.decode("latin-1").strip().lower()
                if coding not in ("", "identity"):
                    self._receive = _inflated(coding, receive, max_bytes)

    async def read(self) -> int:
        """Wait for a piece and keep it; return its size, 0 at the end.

        Raises HTTPException 413 as soon as the body is over its limit, 415 for a coding that is unknown, InvalidInput
        and ClientDisconnect.
        """
        while not self._complete and self._pieces is not None:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            self._complete = not message.get("more_body", False)
            if piece := message.get("body", b""):
                self._size += len(piece)
                if self._size > self._max_bytes:
                    raise HTTPException(413, f"The body is larger than {self._max_bytes} bytes; send less at a time.")
                self._pieces.append(piece)
                return len(piece)
        return 0

    def so_far(self) -> bytes:
        """Return what was read and not received yet."""
        return b"".join(self._pieces or ())

    async def __call__(self) -> Message:
        """Receive, as ASGI does: the whole body in one message, then the news that the client has left."""
        while not self._complete:
            await self.read()
        if self._pieces is None:
            return await self._receive()
        body, self._pieces = b"".join(self._pieces), None
        return {"type": "http.request", "body": body, "more_body": False}


def _inflated(coding: str, receive: Receive, max_bytes: int) -> Receive:
    """Return a `receive` that inflates. It raises HTTPException 413 and 415, and InvalidInput."""
    inflater, left, sent, members = zlib.decompressobj(zlib.MAX_WBITS | 32), max_bytes, 0, 1  # 32: gzip or zlib

    async def inflate() -> Message:
        nonlocal inflater, left, sent, members
        message = await receive()
        if message["type"] != "http.request":
            return message
        if coding not in CODINGS:
            known = ", ".join(sorted(CODINGS))
            raise HTTPException(
                415, f"Content-Encoding {coding[:80]!r} is unknown; expected {known}.", {"Accept-Encoding": known}
            )
        packed, pieces = message.get("body", b""), []
        sent += len(packed)
        while packed:
            if inflater.eof:
                members += 1
                if coding == "deflate" or not packed.startswith(GZIP) or members > MEMBERS:
                    raise InvalidInput(f"The body's {coding} is followed by more. Send one stream of it.")
                inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)  # 16: gzip
            try:
                pieces.append(inflater.decompress(packed, left + 1))
            except zlib.error as error:
                raise InvalidInput(f"The body is no {coding}: {error}.") from None
            left, packed = left - len(pieces[-1]), inflater.unused_data
            if left < 0 or sent > max_bytes:
                raise HTTPException(413, f"The inflated body is larger than {max_bytes} bytes; send less at a time.")
        if not (inflater.eof or message.get("more_body")):
            raise InvalidInput(f"The body's {coding} is cut off. Send all of it.")
        return dict(message) | {"body": b"".join(pieces)}

    return inflate
