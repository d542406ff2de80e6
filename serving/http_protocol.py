"""uvicorn's HTTP/1.1 protocol, with limits on the headers of a request. It ignores HTTP/2 upgrades."""

import logging
from asyncio import TimerHandle
from http import HTTPStatus
from typing import Any

import orjson
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger("serving")
MAX_HEADER_BYTES = 2**16
HEADER_SECONDS = 10
LINGER_SECONDS = 2  # a client that is still sending would lose the answer if its connection were closed at once
UPGRADE_HEADERS = (b"upgrade", b"http2-settings", b"connection")


class HttpProtocol(HttpToolsProtocol):
    """A connection of REST. uvicorn's parser collects headers without end and waits for them without end."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._unread = 0  # bytes that came since the last end of a head, piece of a body or end of a request
        self._head_expected = True
        self._head_timer: TimerHandle | None = None
        self._refused = self._ambiguous = False
        self._cycles: list[Any] = []  # of requests that are being answered or wait for it

    def connection_made(self, transport: Any) -> None:
        """Wait for a first request."""
        super().connection_made(transport)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing, and answer nothing more. uvicorn notifies only the last of several requests that wait."""
        self._head_arrived()
        super().connection_lost(exc)
        for cycle in self._cycles:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        """Parse what came; refuse a request whose headers are too large."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._unread += len(data)
        try:
            self._feed(data)
        except HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST, "This is no HTTP/1.1 request.")
            return
        if self._ambiguous:
            self._refuse(HTTPStatus.BAD_REQUEST, "The request has more than one Host header. Send one.")
        elif self._unread > MAX_HEADER_BYTES:
            message = f"The headers are larger than {MAX_HEADER_BYTES} bytes."
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, message)
        elif self._head_expected and self._unread and not self._head_timer:
            self._watch_head()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self.scope["method"] == "CONNECT":
                raise HttpParserError("a proxy is wanted") from None
            # The parser takes what follows for another protocol. A server may ignore the offer (RFC 9110, 7.8), so the
            # request is parsed again without it. To be removed when uvicorn does that by itself:
            # https://github.com/Kludex/uvicorn/issues/2722
            parts = [self.scope["method"].encode(), b" ", self.url, b" HTTP/1.1\r\n"]
            for name, value in self.headers:
                if name not in UPGRADE_HEADERS:
                    parts += [name, b": ", value, b"\r\n"]
            self.parser = HttpRequestParser(self)
            self._feed(b"".join([*parts, b"\r\n", data[upgrade.args[0] :]]))

    def on_message_begin(self) -> None:
        """Expect a head. Its first bytes may have come behind an earlier request."""
        super().on_message_begin()
        self._unread = self._unread or 1

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        if self.parser.should_upgrade():
            self.scope["method"] = self.parser.get_method().decode()
            return
        # What came with the head may be of the body: count exactly only then.
        if self._unread > MAX_HEADER_BYTES:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            self._unread = size if size > MAX_HEADER_BYTES else 0
        else:
            self._unread = 0
        # A proxy may go by one of two Hosts and this server by the other (RFC 9112, 3.2).
        self._ambiguous = self._ambiguous or [name for name, _ in self.headers].count(b"host") > 1
        if self._unread or self._ambiguous:
            return
        self._head_arrived()
        super().on_headers_complete()
        self._cycles = [*(cycle for cycle in self._cycles if not cycle.response_complete), self.cycle]

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body on."""
        if not self._head_expected:
            self._unread = 0
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect the next request."""
        if not self._head_expected:
            self._unread, self._head_expected = 0, True
            super().on_message_complete()

    def _head_arrived(self) -> None:
        self._head_expected = False
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None

    def _watch_head(self) -> None:
        self._head_timer = self.loop.call_later(HEADER_SECONDS, self._head_late)

    def _head_late(self) -> None:
        self._head_timer = None
        if self._unread:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"The headers took longer than {HEADER_SECONDS} s.")
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer before there is a request that the application could answer, and close the connection."""
        log.warning("%s: %d %s", self.client, status, message)
        in_head, self._refused = self._head_expected, True
        self._head_arrived()
        if self.cycle and not self.cycle.response_complete:
            if in_head or self.cycle.response_started:  # an answer is on its way
                self.transport.close()
                return
            self.cycle.disconnected = True  # so that the application's answer to half a request is dropped
            self.cycle.message_event.set()
        body = orjson.dumps({"error": message})
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json\r\n"
        head += f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
